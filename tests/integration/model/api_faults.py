"""What goes wrong between a replica and the API server."""

import time

from model.proxy import Fault

DEPLOYMENTS = "/deployments"

# name: faults at the leader's proxy; all begin with its streams cut, so that the watches come back and meet them.
LISTS = {
    "API: watches cut": (),
    "API: 410 for the next watches": (Fault("watch", "status:410", 4),),
    "API: watches end with 410 as an event": (Fault("watch", "gone-event", 4),),
    "API: lists refused": (Fault("watch", "status:410", 4), Fault("list", "status:500", 6)),
    "API: the second page fails": (Fault("watch", "status:410", 4), Fault("page", "status:500", 3, DEPLOYMENTS)),
    "API: the second page is cut": (Fault("watch", "status:410", 4), Fault("page", "cut", 3, DEPLOYMENTS)),
    "API: the list's token has expired": (Fault("watch", "status:410", 4), Fault("page", "status:410", 2, DEPLOYMENTS)),
    "API: watches forbidden, lists allowed": (Fault("watch", "status:403", 8),),
    "API: all refused for some calls": (Fault("any", "status:500", 12),),
    "API: all cut for some calls": (Fault("any", "cut", 12),),
}
EMPTY = (
    Fault("watch", "status:410", 1, DEPLOYMENTS),
    Fault("list", "empty", -1, DEPLOYMENTS),
    Fault("get", "empty", -1, DEPLOYMENTS + "/"),
)
# Until absence is inferred, if it is.
EMPTY_SECONDS = 5


def copies(faults):
    return [Fault(fault.kind, fault.action, fault.count, fault.collection) for fault in faults]


class ApiFaults:
    def __init__(self, random, world, api_server):
        self.random, self.world, self.api_server = random, world, api_server

    def kinds(self):
        found = [(name, lambda faults=faults: AtProxy(self.world, faults)) for name, faults in LISTS.items()]
        found.append(("etcd compacted, watches cut", lambda: Compaction(self.world, self.api_server)))
        return found

    def heavy_kinds(self):
        return [
            ("API: comes back empty", lambda: Empty(self.world)),
            ("API server killed and restarted", lambda: Killed(self.api_server, compact=False)),
            ("API server killed, etcd compacted, restarted", lambda: Killed(self.api_server, compact=True)),
        ]


class AtProxy:
    def __init__(self, world, faults):
        self.world, self.faults = world, faults

    def begin(self):
        leader = self.world.leader() or self.world.replicas[0]
        self.proxy = leader.proxy
        self.proxy.order(*copies(self.faults))
        self.proxy.cut_streams()

    def end(self):
        self.proxy.clear()


class Empty(AtProxy):
    """Its store was lost: it has no Deployments any more, says so to whoever asks, and has them again later."""

    def __init__(self, world):
        super().__init__(world, EMPTY)

    def begin(self):
        super().begin()
        self.before = self.asked()

    def asked(self):
        return self.proxy.met.count("get empty")

    def end(self):
        """Some time after it was asked for them by name, the last thing before they are taken for gone."""
        until = time.monotonic() + EMPTY_SECONDS
        while time.monotonic() < until and self.asked() < self.before + 2:
            time.sleep(0.05)
        time.sleep(1)
        self.proxy.clear()
        # Whoever watched the empty one is cut off.
        self.proxy.order(Fault("watch", "status:410", 1, DEPLOYMENTS))
        self.proxy.cut_streams()


class Compaction:
    def __init__(self, world, api_server):
        self.world, self.api_server = world, api_server

    def begin(self):
        self.api_server.compact()
        for replica in self.world.replicas:
            replica.proxy.cut_streams()

    def end(self):
        """Nothing is left of it."""


class Killed:
    def __init__(self, api_server, compact):
        self.api_server, self.compacts = api_server, compact

    def begin(self):
        self.api_server.kill()
        if self.compacts:
            self.api_server.compact()
        self.api_server.start()

    def end(self):
        self.api_server.wait_ready()
