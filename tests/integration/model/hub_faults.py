"""What goes wrong at a hub. Each fault is ordered for one hub and meets the next calls that fit."""

LIST, ONE = "/configurations", "/configurations/"

# name: (method, path, when, action, count)
ORDERS = {
    "create or update: answer lost": ("PUT", ONE, "after", "close", 1),
    "create or update: answer lost in TLS": ("PUT", ONE, "after", "tls-close", 1),
    "create or update: reset after it took effect": ("PUT", ONE, "after", "reset", 1),
    "create or update: reset before": ("PUT", ONE, "before", "reset", 1),
    "create or update: answer cut off": ("PUT", ONE, "after", "truncate:100", 1),
    "create or update: 500 although it took effect": ("PUT", ONE, "after", "status:500", 1),
    "create or update: too slow, takes effect late": ("PUT", ONE, "before", "slow:1300ms", 1),
    "create or update: answer too slow": ("PUT", ONE, "after", "slow:1300ms", 1),
    "create or update: 409": ("PUT", ONE, "before", "status:409", 1),
    "create or update: 412": ("PUT", ONE, "before", "status:412", 1),
    "create or update: 404": ("PUT", ONE, "before", "status:404", 1),
    "create or update: 400": ("PUT", ONE, "before", "status:400", 1),
    "create or update: 413101, the hub is full": ("PUT", ONE, "before", "error:413101", 1),
    "delete: answer lost": ("DELETE", ONE, "after", "close", 1),
    "delete: reset after it took effect": ("DELETE", ONE, "after", "reset", 1),
    "delete: 500 although it took effect": ("DELETE", ONE, "after", "status:500", 1),
    "delete: too slow, takes effect late": ("DELETE", ONE, "before", "slow:1300ms", 1),
    "delete: 412": ("DELETE", ONE, "before", "status:412", 1),
    "delete: 404": ("DELETE", ONE, "before", "status:404", 1),
    "list: cut off": ("GET", LIST, "after", "truncate:200", 1),
    "list: stale": ("GET", LIST, "before", "stale", 2),
    "list: 500": ("GET", LIST, "before", "status:500", 2),
    "list: too slow": ("GET", LIST, "before", "slow:1300ms", 1),
    "any: 429": (None, LIST, "before", "status:429", 1),
    "any: 503": (None, LIST, "before", "status:503", 3),
    "any: 401": (None, LIST, "before", "status:401", 1),
    "any: 403": (None, LIST, "before", "status:403", 1),
    "any: connection closed": (None, LIST, "before", "close", 2),
    "any: slow": (None, LIST, "before", "slow:200ms", 6),
    "query: 500": ("POST", "/devices/query", "before", "status:500", 2),
    "query: cut off": ("POST", "/devices/query", "after", "truncate:50", 1),
}

QUIRKS = {
    "names sorted and nulls dropped": {"normaliseContent": True},
    "twins written again on delete": {"resendOnDelete": True},
    "calls wait for their turn": {"throttling": "queue"},
    "its clock is ahead": {"clockSkew": 200},
}
PLAIN = {"normaliseContent": False, "resendOnDelete": False, "throttling": "refuse", "clockSkew": 0}


class HubFaults:
    """Makes faults; each has begin() and end()."""

    def __init__(self, random, world, user, foreign, judge):
        self.random, self.world, self.model, self.user = random, world, user.model, user
        self.foreign, self.judge = foreign, judge

    def kinds(self):
        """(kind, maker) of all."""
        found = [(f"hub {name}", lambda order=order: Ordered(self._hub(), order)) for name, order in ORDERS.items()]
        found += [(f"hub quirk: {name}", lambda quirk=quirk: Quirk(self._hub(), quirk)) for name, quirk in QUIRKS.items()]
        found += [
            ("hub call held, takes effect late", lambda: Late(self._hub(), self.random.choice(("PUT", "DELETE")))),
            ("foreigner edits ours", lambda: self._foreigner("edit")),
            ("foreigner edits ours within a call", lambda: self._foreigner("edit", within=True)),
            ("foreigner deletes ours", lambda: self._foreigner("delete")),
            ("foreigner creates ours anew", lambda: self._foreigner("recreate")),
            ("foreigner takes the next id", lambda: TakenId(self._slot(), self.user, self.foreign)),
        ]
        return found

    def _hub(self):
        return self.random.choice(list(self.world.hubs.values()))

    def _slot(self):
        return self.random.choice(self.model.living())

    def _foreigner(self, do, within=False):
        return Foreigner(self._hub(), self._slot(), do, within, self.judge)


class Ordered:
    def __init__(self, hub, order):
        self.hub, self.order = hub, order

    def begin(self):
        self.hub.order(*self.order)

    def end(self):
        """What is left of it goes with all faults, at the end of the round."""


class Quirk:
    def __init__(self, hub, quirk):
        self.hub, self.quirk = hub, quirk

    def begin(self):
        self.hub.admin("PATCH", "/quirks", self.quirk)

    def end(self):
        self.hub.admin("PATCH", "/quirks", PLAIN)


class Late:
    """The call waits longer than its sender, and takes effect then."""

    def __init__(self, hub, method):
        self.hub, self.method = hub, method

    def begin(self):
        self.hub.order(self.method, ONE, "before", "hold", 1)

    def end(self):
        self.hub.clear_faults()


class Foreigner:
    """Somebody changes one of ours by hand, at once or just before a call of ours takes effect."""

    def __init__(self, hub, slot, do, within, judge):
        self.hub, self.slot, self.do, self.within, self.judge = hub, slot, do, within, judge

    def begin(self):
        prefix = f"{self.slot.namespace}-{self.slot.name}-"
        ours = [
            id_
            for id_, found in self.hub.configurations().items()
            if id_.startswith(prefix) and id_ not in self.judge.foreign.ids(self.hub.name)
        ]
        if not ours:
            return
        order = {"do": self.do, "id": ours[-1]}
        self.judge.disturbed.add((self.hub.name, self.slot))
        if self.do != "delete":
            order["priority"] = 77
        if not self.within:
            self.hub.admin("POST", "/foreigner", order)
            return
        fault = {"method": "PUT", "pathPrefix": ONE, "when": "before", "action": "foreigner", "script": order}
        self.hub.admin("POST", "/faults", fault)

    def end(self):
        """It stays so until the product has mended it."""


class TakenId:
    """Somebody holds the id that the Deployment's next content would get."""

    def __init__(self, slot, user, foreign):
        self.slot, self.user, self.foreign = slot, user, foreign

    def begin(self):
        number = next(self.user.model.numbers)
        self.foreign.take_id(self.slot, number)
        self.user.set_image(self.slot, number)

    def end(self):
        """It stays, but not for ever."""
        self.foreign.forget_oldest()
