"""The user's hands: changes objects in the cluster, and tells the model what they say from now on. The API server may be
away for a while; then it is tried again, as a person would."""

import dataclasses
import http.client

from harness import Failure, wait_for
from kubernetes import MERGE_PATCH, STRATEGIC_PATCH
from model import content
from model.state import GONE, Said, manifest


class User:
    def __init__(self, world, model, api_server):
        self.world, self.model, self.api_server = world, model, api_server

    # The API server.

    def _call(self, method, path, body=None, content_type="application/json", accepted=()):
        """The object; what is sent a second time may have been done by the first."""

        def attempt():
            try:
                status, answer = self.world.api.call(method, path, body, content_type)
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.api_server.keep()
                return None, str(error)
            if status < 300 or status in accepted:
                return status, answer
            # Starting up, or admission could not be reached for a moment.
            if status in (401, 403, 429) or status >= 500:
                return None, answer
            raise Failure(f"{method} {path}: {status} {answer.get('message')}")

        return wait_for(f"the API server to take {method} {path}", attempt, lambda seen: seen[0], deadline=60)[1]

    def _path(self, resource, namespace, name=None):
        return self.world.namespaces[namespace].path(resource, name)

    def _deployment_path(self, slot, *rest):
        return "/".join((self._path("deployments", slot.namespace, slot.name), *rest))

    def _patch(self, slot, body, content_type=STRATEGIC_PATCH):
        self._call("PATCH", self._deployment_path(slot), body, content_type)

    def _say(self, slot, **changes):
        self.model.say(slot, dataclasses.replace(self.model.said(slot), **changes))

    # Deployments.

    def create(self, slot, condition, priority, replicas):
        said = Said("", next(self.model.numbers), "", condition, priority, "n0", replicas, False)
        self._make(slot, said)

    def _make(self, slot, said):
        """A namesake that is still being deleted is waited for."""
        path = self._path("deployments", slot.namespace)

        def attempt():
            answer = self._call("POST", path, manifest(slot, said), accepted=(409,))
            if answer["kind"] == "Deployment":
                return answer
            stored = self._call("GET", self._deployment_path(slot), accepted=(404,))
            # The answer to the first attempt was lost.
            return stored if stored["kind"] == "Deployment" and "deletionTimestamp" not in stored["metadata"] else None

        stored = wait_for(f"Deployment {slot.key} to be created", attempt, deadline=60)
        self.model.say(slot, dataclasses.replace(said, uid=stored["metadata"]["uid"]))

    def delete(self, slot, policy="Background"):
        self._call("DELETE", self._deployment_path(slot), {"propagationPolicy": policy}, accepted=(404,))
        self.model.say(slot, None)

    def recreate(self, slot):
        """kubectl replace --force."""
        said = self.model.said(slot)
        self.delete(slot)
        self._make(slot, dataclasses.replace(said, paused=False, restarted=""))

    def rename(self, slot, other):
        said = self.model.said(slot)
        self.delete(slot)
        condition = other.conditions[slot.conditions.index(said.condition)]
        self._make(other, dataclasses.replace(said, condition=condition, paused=False, restarted=""))

    def set_image(self, slot, number=None):
        number = number or next(self.model.numbers)
        container = {"name": slot.module, "image": f"example/{slot.name}:{number}"}
        self._patch(slot, {"spec": {"template": {"spec": {"containers": [container]}}}})
        self._say(slot, image=number)

    def restart(self, slot):
        """kubectl rollout restart; kubectl refuses it while the Deployment is paused."""
        number = next(self.model.numbers)
        moment = f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        self.restart_at(slot, moment)

    def restart_at(self, slot, moment):
        """An empty moment takes the annotation away, as an undo does."""
        self._annotate(slot, "kubectl.kubernetes.io/restartedAt", moment or None)
        self._say(slot, restarted=moment)

    def _annotate(self, slot, name, value):
        self._patch(slot, {"spec": {"template": {"metadata": {"annotations": {name: value}}}}})

    def set_condition(self, slot, condition):
        self._annotate(slot, "targetCondition", condition)
        self._say(slot, condition=condition)

    def set_priority(self, slot, priority):
        self._annotate(slot, "priority", str(priority))
        self._say(slot, priority=priority)

    def set_note(self, slot):
        note = f"n{next(self.model.numbers)}"
        self._patch(slot, {"spec": {"template": {"metadata": {"labels": {"note": note}}}}})
        self._say(slot, note=note)

    def scale(self, slot, replicas):
        self._call("PATCH", self._deployment_path(slot, "scale"), {"spec": {"replicas": replicas}}, MERGE_PATCH)
        self._say(slot, replicas=replicas)

    def pause(self, slot, paused):
        self._patch(slot, {"spec": {"paused": paused}})
        self._say(slot, paused=paused)

    def evict(self, slot):
        """Deletes its pods, which says nothing about what should be on the hubs."""
        path = f"{self._path('pods', slot.namespace)}?labelSelector=app%3D{slot.name}"
        self._call("DELETE", path)

    # ConfigMaps.

    def _put_config_map(self, namespace, name, data):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        answer = self._call("POST", self._path("configmaps", namespace), body, accepted=(409,))
        if answer["kind"] != "ConfigMap":
            self._call("PUT", self._path("configmaps", namespace, name), body)

    def set_module(self, slot):
        number = next(self.model.numbers)
        self._put_config_map(slot.namespace, slot.module, content.module_config_map(number))
        self.model.note_config_map(slot.namespace, slot.module, number)

    def set_edge_hub(self, namespace):
        number = next(self.model.numbers)
        self._put_config_map(namespace, "edgehub", content.edge_hub_config_map(number))
        self.model.note_config_map(namespace, "edgehub", number)

    def delete_config_map(self, namespace, name):
        self._call("DELETE", self._path("configmaps", namespace, name), accepted=(404,))
        self.model.note_config_map(namespace, name, GONE)

    def make_noise(self):
        """What concerns no hub: a ConfigMap that nobody reads, and a Deployment that is none of ours."""
        number = next(self.model.numbers)
        self._put_config_map("model", f"noise-{number % 3}", {"number": str(number)})
