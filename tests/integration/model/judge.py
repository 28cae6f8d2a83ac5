"""Is on the hubs what the model says, and nothing else? Differences are sentences."""

import json

from model.world import HUBS


def owner_of(world_slots, configuration):
    """The slot that a configuration's labels name."""
    labels = configuration.get("labels") or {}
    key = (labels.get("iot-edge-connector-namespace"), labels.get("iot-edge-connector-name"))
    return next((slot for slot in world_slots if (slot.namespace, slot.name) == key), None)


class Judge:
    def __init__(self, world, model, foreign):
        self.world, self.model, self.foreign = world, model, foreign
        # What stood on the hubs when all was quiet last: by slot and hub, a list of configurations.
        self.standing = {}
        # (hub, slot) where somebody else has changed ours in this round; what is frozen stays as he has left it.
        self.disturbed = set()

    def look(self):
        """By hub and slot what is there that is not foreign."""
        found = {}
        for name, hub in self.world.hubs.items():
            configurations = hub.configurations()
            slots = {slot: [] for slot in self.model.deployments}
            strangers = []
            for id_, configuration in configurations.items():
                if id_ in self.foreign.planted[name]:
                    continue
                slot = owner_of(slots, configuration)
                (slots[slot] if slot else strangers).append(configuration)
            found[name] = (slots, strangers, configurations)
        return found

    def differences(self, found=None):
        found = found or self.look()
        said = []
        for name, (slots, strangers, configurations) in found.items():
            said += [f"{name}: {c['id']} is nobody's" for c in strangers]
            said += self.foreign.differences(name, configurations)
            for slot, there in slots.items():
                said += [f"{name}: {slot.key}: {text}" for text in self._of_slot(name, slot, there)]
        for slot in self.model.deployments:
            said += self._of_placement(slot, {name for name in HUBS if found[name][0][slot]})
        return said

    # One Deployment on one hub.

    def _of_slot(self, hub, slot, there):
        if not self.model.said(slot):
            return [f"{c['id']} is there, and its Deployment is not" for c in there]
        if self.model.is_frozen(slot):
            return [] if (hub, slot) in self.disturbed else self._of_frozen(hub, slot, there)
        if len(there) > 1:
            return [f"there are {len(there)}: {', '.join(c['id'] for c in there)}"]
        if not there:
            return []
        return min((self._compare(there[0], wanted) for wanted in self._salted(hub, self.model.wanted, slot)), key=len)

    def _salted(self, hub, make, *what):
        """Under the first salt whose id nobody else holds, or held when it was created."""
        for salt in range(10):
            wanted = make(hub, *what, salt=salt)
            if wanted["id"] not in self.foreign.ids(hub):
                yield wanted
            if wanted["id"] not in self.foreign.ever[hub]:
                return

    def _compare(self, configuration, wanted):
        said = []
        for member in ("id", "targetCondition", "priority", "labels"):
            if configuration.get(member) != wanted[member]:
                said.append(f"{member} is {json.dumps(configuration.get(member))}, not {json.dumps(wanted[member])}")
        if configuration["content"] != json.loads(wanted["content"]):
            said.append(f"content is {json.dumps(configuration['content'])}, not {wanted['content']}")
        return said

    def _of_frozen(self, hub, slot, there):
        """Each is as it was, or one that was said before it froze."""
        said = []
        before = {c["id"]: c for c in self.standing.get((slot, hub), ())}
        allowed = [
            wanted
            for _, *what in self.model.possible(slot)
            for wanted in self._salted(hub, self.model.configuration, slot, *what)
        ]
        for configuration in there:
            same = [wanted for wanted in allowed if not self._compare(configuration, wanted)]
            old = before.get(configuration["id"])
            if not same and not (old and self._is_same(old, configuration)):
                nearest = min((self._compare(configuration, wanted) for wanted in allowed), key=len, default=["new"])
                said.append(f"{configuration['id']} was changed while it is frozen: {'; '.join(nearest)}")
        return said

    def _is_same(self, old, configuration):
        return all(old[member] == configuration[member] for member in ("content", "targetCondition", "priority", "labels"))

    # On which hubs.

    def _of_placement(self, slot, holders):
        model = self.model
        if not model.said(slot):
            return []
        if model.is_frozen(slot):
            lost = model.holders[slot] - holders if model.stays_where_it_was(slot) else set()
            lost = {name for name in lost if (name, slot) not in self.disturbed}
            return [f"{slot.key} is frozen and gone from {sorted(lost)}"] if lost else []
        count = min(model.said(slot).replicas, len(HUBS))
        if len(holders) != count:
            return [f"{slot.key} is on {sorted(holders)}, not on {count} hubs"]
        if model.stays_where_it_was(slot) and not model.holders[slot] <= holders:
            return [f"{slot.key} has moved from {sorted(model.holders[slot])} to {sorted(holders)}"]
        return []

    # After a round.

    def note_quiet(self, found):
        """What is there now is what the next round begins with."""
        self.standing = {
            (slot, name): there for name, (slots, _, _) in found.items() for slot, there in slots.items() if there
        }
        self.model.quiet(
            {slot: frozenset(name for name in HUBS if found[name][0][slot]) for slot in self.model.deployments}
        )
        self.disturbed.clear()
