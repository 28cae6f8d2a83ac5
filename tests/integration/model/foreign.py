"""What others have on the hubs: configurations that tempt, and that nobody but us may touch."""

import collections
import dataclasses

from model import content

STRANGER = "somebody-else"
NOBODY = "tags.none='1'"
# No device gets or loses a base by it.
LAYER = {
    "$edgeAgent": {
        "properties.desired.modules.foreign": {
            "settings": {"image": "foreign:1", "createOptions": "{}"},
            "type": "docker",
            "status": "running",
            "restartPolicy": "always",
            "version": "1.0",
        }
    }
}


class Foreign:
    def __init__(self, world, model):
        self.world, self.model = world, model
        self.planted = {name: {} for name in world.hubs}  # by hub: etag by id
        self.ever = {name: set() for name in world.hubs}  # by hub: ids that were held once
        self.taken = collections.deque()  # (hub, id) that would have been ours, the oldest first

    def ids(self, hub):
        return self.planted[hub]

    def _plant(self, hub, id_, labels, condition=NOBODY, modules=None):
        script = {
            "do": "create",
            "id": id_,
            "labels": labels,
            "targetCondition": condition,
            "priority": 0,
            "content": {"modulesContent": modules or LAYER},
        }
        self.world.hubs[hub].admin("POST", "/foreigner", script)
        self.planted[hub][id_] = self.world.hubs[hub].configurations()[id_]["etag"]
        self.ever[hub].add(id_)

    def plant_all(self, slots):
        """Once: an owner of another cluster who has Deployments of the same names and of names that we do not have; one
        of ours by its name alone; one of ours by its owner, for a hub that is none of these; one without labels. And a
        base of priority 0 without modules, to which every device falls that has no other."""
        for hub in self.world.hubs:
            self._plant(hub, "site-base", {}, "*", content.base_content({}, None))
            for number, slot in enumerate(slots[:3]):
                labels = content.labels(hub, slot, "their-uid", "theirs", {}, ())
                self._plant(hub, f"{slot.namespace}-{slot.name}-{number:020x}", {**labels, content.PREFIX + "owner": STRANGER})
            lost = content.labels(hub, slots[0], "their-uid", "theirs", {}, ())
            lost[content.PREFIX + "name"] = "never-there"
            self._plant(hub, "model-never-there-0", {**lost, content.PREFIX + "owner": STRANGER})
            self._plant(hub, f"model-two-{0:020x}", {})
            elsewhere = {**content.labels("hub9", slots[1], "their-uid", "theirs", {}, ())}
            self._plant(hub, "model-elsewhere-0", elsewhere)

    def take_id(self, slot, number):
        """The id that the Deployment would get with an image of that number, on each hub."""
        said = dataclasses.replace(self.model.said(slot), image=number)
        for hub in self.world.hubs:
            values = self.model.module_log(slot)[-1], self.model.edge_hub_log(slot)[-1]
            id_ = self.model.configuration(hub, slot, said, *values)["id"]
            self._plant(hub, id_, {"app": "foreign"})
            self.taken.append((hub, id_))

    def forget_oldest(self, keep=4):
        while len(self.taken) > keep:
            hub, id_ = self.taken.popleft()
            self.world.hubs[hub].admin("POST", "/foreigner", {"do": "delete", "id": id_})
            del self.planted[hub][id_]

    def differences(self, hub, configurations):
        said = []
        for id_, etag in self.planted[hub].items():
            if id_ not in configurations:
                said.append(f"{hub}: {id_}, which is somebody else's, was deleted")
            elif configurations[id_]["etag"] != etag:
                said.append(f"{hub}: {id_}, which is somebody else's, was changed")
        return said
