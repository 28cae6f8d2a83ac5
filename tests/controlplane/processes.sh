# shellcheck shell=bash disable=SC2154
# Sourced by start.sh and stop.sh: the processes of the control plane in folder $dir.
# pids/NAME holds a process's id; pids/NAME.started its start time, so that a recycled id is never taken for ours.

# The start time of a process in clock ticks after boot; fails when it is gone or only waits to be reaped.
process_started() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # What follows the command's name, which may hold spaces and parentheses: state, parent, …; the start time is field 22.
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]} != [ZX] ]] && echo "${stat[19]}"
}

# The id of a component that runs; fails when it does not.
component_pid() {
  local pid started
  { read -r pid <"$dir/pids/$1" && read -r started <"$dir/pids/$1.started"; } 2>/dev/null || return 1
  [[ $pid == [0-9]* && $(process_started "$pid") == "$started" ]] && echo "$pid"
}
