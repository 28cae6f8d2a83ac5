"""The model: what the user's objects say, and everything that they have said since all was quiet last."""

import dataclasses
import itertools

from model import content
from objects import edge_deployment

# Two namespaces whose names with those of Deployments give one text: model/x-one and model-x/one.
NAMESPACES = ("model", "model-x")
NAMES = {"model": ("one", "two", "three", "four", "five", "six", "seven", "x-one"), "model-x": ("one", "two", "six", "seven", "eight")}
ZONES = ("a", "b")


@dataclasses.dataclass(frozen=True)
class Slot:
    """A place for a Deployment, with two devices of its own on each hub. The one in zone a matches all its conditions."""

    namespace: str
    name: str

    @property
    def key(self):
        return f"{self.namespace}/{self.name}"

    @property
    def app(self):
        return f"{self.namespace}.{self.name}"

    @property
    def module(self):
        return f"{self.name}-m"

    @property
    def second(self):
        """Some have a second module, without a ConfigMap."""
        return f"{self.name}-n" if "o" in self.name else None

    @property
    def conditions(self):
        app = f"tags.app='{self.app}'"
        return (app, f"{app} AND tags.zone='a'", f"deviceId='{self.device('a')}'")

    def device(self, zone):
        return f"{self.namespace}.{self.name}.{zone}"


SLOTS = tuple(Slot(namespace, name) for namespace in NAMESPACES for name in NAMES[namespace])


@dataclasses.dataclass(frozen=True)
class Said:
    """What a Deployment says at one moment."""

    uid: str
    image: int
    restarted: str
    condition: str
    priority: int
    note: str
    replicas: int
    paused: bool


class Gone:
    """In the log of a ConfigMap: it was there and is not any more."""

    def __repr__(self):
        return "gone"


GONE = Gone()


def manifest(slot, said):
    deployment = edge_deployment(
        slot.name,
        {slot.module: f"example/{slot.name}:{said.image}", **({slot.second: "example/second:1"} if slot.second else {})},
        said.condition,
        said.replicas,
        {"priority": str(said.priority)},
    )
    deployment["spec"]["template"]["metadata"]["labels"]["note"] = said.note
    return deployment


class Model:
    """Logs begin with what held when all was quiet last. A Deployment's: Said, or None where it was not there. A
    ConfigMap's: a number, None (it was never there) or GONE."""

    def __init__(self):
        self.deployments = {slot: [None] for slot in SLOTS}
        self.config_maps = {(slot.namespace, slot.module): [None] for slot in SLOTS}
        self.config_maps.update({(namespace, "edgehub"): [None] for namespace in NAMESPACES})
        self.holders = {slot: frozenset() for slot in SLOTS}  # names of the hubs that had it when all was quiet last
        self.numbers = itertools.count(1)

    # Now.

    def said(self, slot):
        return self.deployments[slot][-1]

    def living(self):
        return [slot for slot in SLOTS if self.said(slot)]

    def missing(self):
        return [slot for slot in SLOTS if not self.said(slot)]

    def say(self, slot, said):
        self.deployments[slot].append(said)

    def note_config_map(self, namespace, name, value):
        self.config_maps[namespace, name].append(value)

    def module_log(self, slot):
        return self.config_maps[slot.namespace, slot.module]

    def edge_hub_log(self, slot):
        return self.config_maps[slot.namespace, "edgehub"]

    def is_frozen(self, slot):
        """What is on the hubs stays as it is: paused, or its ConfigMap has vanished."""
        return self.said(slot).paused or self.module_log(slot)[-1] is GONE

    # Since all was quiet last.

    def was_ended(self, slot):
        return None in self.deployments[slot]

    def replicas(self, slot):
        return [said.replicas for said in self.deployments[slot] if said]

    def stays_where_it_was(self, slot):
        """The user has given no reason to take it from a hub that had it. What was frozen may have been on more hubs
        than it has replicas."""
        counts = self.replicas(slot)
        return not self.was_ended(slot) and counts == sorted(counts) and counts[0] >= max(1, len(self.holders[slot]))

    def quiet(self, holders):
        """What was said before does not matter any more."""
        for log in (*self.deployments.values(), *self.config_maps.values()):
            del log[:-1]
        self.holders = holders

    # What may be on a hub.

    def text(self, slot, said, module_value, edge_hub_value):
        numbers = [None if value is GONE else value for value in (module_value, edge_hub_value)]
        return content.content_text(slot, f"example/{slot.name}:{said.image}", said.restarted, *numbers)

    def used_config_maps(self, slot, module_value, edge_hub_value):
        names = {slot.module: module_value, "edgehub": edge_hub_value}
        return [name for name, value in names.items() if value is not None and value is not GONE]

    def configuration(self, hub, slot, said, module_value, edge_hub_value, salt=0):
        """What that becomes on a hub: all that is ours to say of it."""
        text = self.text(slot, said, module_value, edge_hub_value)
        return {
            "id": content.configuration_id(hub, slot, salt, text),
            "content": text,
            "targetCondition": said.condition,
            "priority": said.priority,
            "labels": content.labels(
                hub,
                slot,
                said.uid,
                text,
                {"app": slot.name, "note": said.note},
                self.used_config_maps(slot, module_value, edge_hub_value),
            ),
        }

    def wanted(self, hub, slot, salt=0):
        """The one configuration of a Deployment that is not frozen."""
        return self.configuration(
            hub, slot, self.said(slot), self.module_log(slot)[-1], self.edge_hub_log(slot)[-1], salt
        )

    def possible(self, slot):
        """(index, Said, module's value, edgehub's value) of all that the logs can give. Of a paused one nothing new goes
        to a hub, and without a ConfigMap that it had neither."""
        for index, said in enumerate(self.deployments[slot]):
            if not said or (said.paused and index > 0):
                continue
            for module_value in dict.fromkeys(self.module_log(slot)):
                for edge_hub_value in dict.fromkeys(self.edge_hub_log(slot)):
                    if module_value is not GONE:
                        yield index, said, module_value, edge_hub_value
