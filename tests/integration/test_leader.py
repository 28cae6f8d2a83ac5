"""Two connectors: both admit, one writes; when it dies the other takes over. One whose API server is away."""

import contextlib
import http.client
import re
import socket
import threading
import urllib.parse

from harness import LOOPBACK, Connector, free_port, never_within, wait_for
from objects import edge_deployment, module_images
from suite import Topic


class Leader(Topic):
    chain = True

    def set_up(self):
        super().set_up()
        self.second = self.enter(
            Connector(self.test_run, self.emulators, self.ns.name, name="second", webhook_port=free_port())
        )

    def leaders(self):
        return [connector.leads() for connector in (self.connector, self.second)]

    def test_one_of_two_leads(self):
        self.assertEqual(self.leaders(), [True, False])
        wait_for("the second to see who leads", lambda: self.second.readyz()[1],
                 lambda body: "hub hub0: another replica leads" in body)

    def test_only_the_leader_calls_the_hub(self):
        self.ns.apply(edge_deployment("led", {"module": "example/module:1"}))
        self.ns.wait_ready("led")
        self.assertEqual(self.second.metrics()['hub_requests_total{hub="hub0",operation="list",code="200"}'], 0)
        self.assertEqual([method for method, _ in self.emulator.writes()], ["PUT"])

    def test_the_other_takes_over_when_the_leader_is_killed(self):
        before = self.configuration_of("led")["id"]
        self.connector.kill()
        self.second.wait_leads()
        # The webhook is that of the killed one; a change that needs no admission shows that the second one syncs.
        self.ns.kubectl("scale", "deployment/led", "--replicas=0")
        self.wait_gone("led")
        self.ns.kubectl("scale", "deployment/led", "--replicas=1")
        self.ns.wait_ready("led")
        self.assertEqual(self.configuration_of("led")["id"], before)

    def test_the_first_comes_back_and_follows(self):
        self.connector.start()
        self.second.wait_in_step()
        self.assertEqual(self.leaders(), [False, True])

    def test_a_leader_that_stops_lets_go(self):
        self.second.stop()
        self.connector.wait_leads()
        since = self.emulator.last_call()
        self.ns.apply(edge_deployment("led", {"module": "example/module:2"}))
        wait_for(
            "the change to be on the hub",
            lambda: self.configuration_of("led"),
            lambda c: c is not None and module_images(c) == {"module": "example/module:2"},
        )
        self.ns.wait_ready("led")
        self.assertEqual([method for method, _ in self.emulator.writes(since)], ["PUT", "DELETE"])
        self.assertEqual(self.emulator.gaps(since), [])

    def test_a_leader_that_freezes_writes_nothing_when_it_wakes(self):
        self.second.start()
        self.connector.freeze()
        self.second.wait_leads()
        self.connector.thaw()
        wait_for("the first to see that it no longer leads", self.first_leads, lambda leads: leads is False)
        since = self.emulator.last_call()
        self.second.wait_in_step()
        self.assertEqual(self.emulator.writes(since), [])
        self.assertEqual(self.leaders(), [False, True])

    def first_leads(self):
        try:
            return self.connector.leads()
        except (OSError, http.client.HTTPException):
            return None


class Relay:
    """A port that leads to the API server, until it is cut."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self.port = free_port()
        self._sockets = []

    def open(self):
        self._listener = socket.create_server((LOOPBACK, self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self):
        for one in [self._listener, *self._sockets]:
            # A thread that waits in accept or recv is only woken by this.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets = []

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    @staticmethod
    def _pass_on(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


class ApiServerAway(Topic):
    def set_up(self):
        self.relay = Relay(self.api_server())
        self.relay.open()
        self.stack.callback(self.relay.cut)
        super().set_up()
        self.connector.stop()
        self.connector.kubeconfig = self.connector.folder / "kubeconfig-relay"
        self.connector.kubeconfig.write_text(
            re.sub(r"https://[^\s\"]+", f"https://{LOOPBACK}:{self.relay.port}", self.own_kubeconfig().read_text())
        )
        self.connector.start()
        self.connector.wait_leads()

    def own_kubeconfig(self):
        return self.test_run.control_plane.kubeconfig("connector")

    def api_server(self):
        return re.search(r"https://[^\s\"]+", self.own_kubeconfig().read_text()).group()

    def told(self):
        """What is said of the Lease, without times and other numbers."""
        lines = re.findall(r"the Lease could not be renewed: .*", self.connector.text())
        return [re.sub(r"\d+", "", line) for line in lines]

    def test_it_is_told_once_and_when_it_is_over(self):
        self.relay.cut()
        wait_for("the trouble to be told", self.told)
        wait_for("the hub to be on hold", lambda: "on hold: the Lease cannot be renewed" in self.connector.readyz()[1])
        never_within("the same told twice", lambda: len(self.told()) - len(set(self.told())), 3)
        self.connector.logged(r"warning +no longer leading: the Lease could not be renewed for 2 s")
        self.assertNotIn("renewed again", self.connector.text())
        self.relay.open()
        self.connector.logged(r"the Lease is renewed again")
        self.connector.wait_leads()
        self.assertEqual(len(re.findall("renewed again", self.connector.text())), 1)
        self.assertEqual(len(re.findall("no longer leading", self.connector.text())), 1)
        self.assertEqual(len(re.findall("leading as", self.connector.text())), 2)
