"""kill -9 of the API server and its start with the same words, while etcd and the controllers go on."""

import http.client
import os
import signal
import subprocess
import time

from harness import Failure, wait_for
from model import etcd


class ApiServer:
    NAME = "kube-apiserver"

    def __init__(self, run):
        self.folder = run.control_plane.folder
        self.api = run.api
        self.command = None
        self.process = None  # since the first start by us

    def _pid(self):
        return int((self.folder / "pids" / self.NAME).read_text())

    def _started(self, pid):
        """As processes.sh has it: the start time in clock ticks after boot."""
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[19]

    def kill(self):
        pid = self._pid()
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            self.command = [word.decode() for word in words.read().split(b"\0")[:-1]]
        self.program = os.readlink(f"/proc/{pid}/exe")
        os.kill(pid, signal.SIGKILL)
        self._wait_gone(pid)

    def _wait_gone(self, pid):
        def gone():
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                    return stat.read().rsplit(")", 1)[1].split()[0] in "ZX"
            except OSError:
                return True

        wait_for("the API server to be gone", gone)

    def start(self):
        """Under the same port; stop.sh finds it by the same notes."""
        with open(self.folder / "logs" / f"{self.NAME}.log", "ab") as log:
            process = subprocess.Popen(
                self.command, executable=self.program, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )
        (self.folder / "pids" / self.NAME).write_text(f"{process.pid}\n")
        (self.folder / "pids" / f"{self.NAME}.started").write_text(f"{self._started(process.pid)}\n")
        self.process = process

    def keep(self):
        """Starts it again when it has ended by itself, as a kubelet does: etcd may not be ready for it at once."""
        if self.process and self.process.poll() is not None:
            self.start()

    def wait_ready(self, deadline=90):
        def ready():
            self.keep()
            try:
                return self.api.call("GET", "/api/v1/namespaces/default")[0] == 200
            except (OSError, ValueError, http.client.HTTPException):
                return False

        wait_for("the API server to be ready again", ready, deadline=deadline)

    def compact(self):
        for _ in range(5):
            try:
                return etcd.compact(self.folder / "etcd.sock")
            except (OSError, KeyError, IndexError):
                time.sleep(0.2)
        raise Failure("etcd could not be compacted")
