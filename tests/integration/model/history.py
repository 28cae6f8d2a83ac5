"""What must hold of every call that a hub has seen, not only of the end."""

import datetime

from model.world import HUBS, POLICIES, UNITS

CALLS_A_MINUTE = 20 * UNITS
# Calls that a connector may make at once, in its own pace.
BURST = 3
# What a process that has lost the Lease had sent by then.
CALLS_ON_THEIR_WAY = 1


def seconds(call):
    text = call["time"].replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).timestamp()


class History:
    def __init__(self, world, model, foreign, judge):
        self.world, self.model, self.foreign, self.judge = world, model, foreign, judge
        self.since = {name: 0 for name in HUBS}
        self.recent = {name: [] for name in HUBS}  # times of the calls for configurations of the last minute
        self.calls = 0
        self.spent = []  # sentences about budgets that were watched apart
        self.takeovers = []  # of this round: (replica that lost the Lease, its terms, the hubs' last calls then)

    def violations(self):
        """Reads what is new; each is a sentence."""
        said = []
        for name, hub in self.world.hubs.items():
            new = hub.calls(self.since[name])
            if not new:
                continue
            said += [f"{name}: {text}" for text in self._of_hub(name, hub, new)]
            self.since[name] = new[-1]["sequence"]
        said += self.spent
        self.takeovers.clear()
        self.spent.clear()
        return said

    def judge_pace(self, last, units):
        """Since those calls the connector has believed in so few units: it may not have gone faster than they allow."""
        for name, hub in self.world.hubs.items():
            calls = [call for call in hub.calls(last[name]) if call["path"].startswith("/configurations")]
            times = [seconds(call) for call in calls if call["principal"] in POLICIES]
            for first, begin in enumerate(times):
                for count, time in enumerate(times[first:], 1):
                    allowed = BURST + 20 * units / 60 * (time - begin) + 1
                    if count > allowed:
                        self.spent.append(f"{name}: {count} calls in {time - begin:.1f} s with {units} units")
                        return

    def note_takeover(self, loser, terms):
        """From now on another one leads; the loser had begun to lead so many times."""
        last = {name: hub.last_call() for name, hub in self.world.hubs.items()}
        self.takeovers.append((loser, terms, last))

    def _of_hub(self, name, hub, new):
        self.calls += len(new)
        ours = [call for call in new if call["principal"] in POLICIES]
        said = self._budget(name, ours)
        said += self._quotes(ours)
        said += self._strangers(name, ours)
        said += self._writers(name, ours)
        known = self._known(name)
        said += self._creates(ours, known)
        said += self._coverage(name, new, known)
        said += self._devices(name, hub)
        return said

    # The hub's rules.

    def _budget(self, name, ours):
        """No minute has more calls than the hub allows; the hub itself says 429 when it has."""
        times = [seconds(call) for call in ours if call["path"].startswith("/configurations")]
        window = self.recent[name] + times
        first = 0
        said = []
        for last, time in enumerate(window):
            while window[first] <= time - 60:
                first += 1
            if last - first + 1 > CALLS_A_MINUTE:
                said = [f"{last - first + 1} calls for configurations in a minute; {CALLS_A_MINUTE} are allowed"]
                break
        self.recent[name] = [time for time in window if window and time > window[-1] - 60]
        return said

    def _quotes(self, ours):
        said = []
        for call in ours:
            changes = call["method"] in ("PUT", "DELETE") and call["effect"] in ("updated", "deleted")
            tag = call["ifMatch"]
            if changes and not (tag and len(tag) > 2 and tag[0] == tag[-1] == '"' and tag != '"*"'):
                said.append(f"{call['method']} {call['configuration']} changed it with If-Match {tag}")
        return said

    def _writers(self, name, ours):
        """Who has lost the Lease sends nothing more, unless it has got it again."""
        said = []
        for loser, terms, last in self.takeovers:
            if not loser.runs() or loser.terms() != terms:
                continue
            late = [call for call in ours if call["principal"] == loser.policy and call["sequence"] > last[name]]
            writes = [call for call in late if call["method"] in ("PUT", "DELETE")]
            if len(writes) > CALLS_ON_THEIR_WAY or len(late) > CALLS_ON_THEIR_WAY + 1:
                said.append(f"{loser.name} made {len(late)} calls, {len(writes)} of them writes, after it had lost the Lease")
        return said

    def _strangers(self, name, ours):
        return [
            f"{call['method']} {call['configuration']}, which is somebody else's, took effect"
            for call in ours
            if call["committed"] and call["configuration"] in self.foreign.planted[name]
        ]

    # What was put there.

    def _known(self, hub):
        """By id: (slot, index in its log, places of the ConfigMaps' values in theirs) of all that could be said."""
        known = {}
        for slot in self.model.deployments:
            for index, said, *values in self.model.possible(slot):
                for salt in (0, 1):
                    id_ = self.model.configuration(hub, slot, said, *values, salt=salt)["id"]
                    known.setdefault(id_, (slot, []))[1].append((index, *values))
        for (slot, name), there in self.judge.standing.items():
            for configuration in there if name == hub else ():
                known.setdefault(configuration["id"], (slot, [])) [1].append((0, None, None))
        return known

    def _creates(self, ours, known):
        """Only what was said, and never something older than what was there already."""
        said, newest = [], {}
        for call in ours:
            if call["effect"] != "created" or not call["committed"]:
                continue
            slot, ways = known.get(call["configuration"], (None, []))
            if not slot:
                said.append(f"{call['configuration']} was created, which no state of the user's objects gives")
                continue
            least = newest.get(slot, 0)
            later = [index for index, *_ in ways if index >= least]
            if not later:
                said.append(f"{call['configuration']} was created again after newer content had been there")
                continue
            newest[slot] = min(later)
        return said

    # Nobody is without.

    def _must_stay(self, hub):
        return [
            slot
            for slot in self.model.deployments
            if hub in self.model.holders[slot] and self.model.stays_where_it_was(slot)
        ]

    def _coverage(self, name, new, known):
        """A Deployment that the user has left there is there at every moment."""
        there = {slot: set() for slot in self._must_stay(name)}
        for (slot, hub), configurations in self.judge.standing.items():
            if hub == name and slot in there:
                there[slot] |= {configuration["id"] for configuration in configurations}
        said = []
        for call in new:
            slot = known.get(call["configuration"], (None,))[0]
            if slot not in there or not call["committed"]:
                continue
            if call["effect"] == "created":
                there[slot].add(call["configuration"])
            elif call["effect"] == "deleted":
                there[slot].discard(call["configuration"])
                if not there[slot] and call["principal"] in POLICIES:
                    said.append(f"{slot.key} was without a configuration after DELETE {call['configuration']} ({call['time']})")
        return said

    def _devices(self, name, hub):
        """Its device that matches all its conditions was to have its module at every moment, whatever was evaluated."""
        report = hub.admin("GET", f"/coverage?since={self.since[name]}")
        watched = {slot.device("a"): slot for slot in self._must_stay(name)}
        return [
            f"{loss['device']} lost {loss['module']} by the {loss['by']} of call {loss['sequence']}"
            for loss in report["losses"]
            if loss["device"] in watched
            and loss["module"] == watched[loss["device"]].module
            and (name, watched[loss["device"]]) not in self.judge.disturbed
        ]
