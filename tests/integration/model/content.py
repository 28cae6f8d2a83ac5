"""What a Deployment and its ConfigMaps become on a hub, said once more and independently of the product: content, id and
labels."""

import hashlib
import json

OWNER = "model-owner"
AGENT_IMAGE = "mcr.microsoft.com/azureiotedge-agent:1.5"
HUB_IMAGE = "mcr.microsoft.com/azureiotedge-hub:1.5"
PREFIX = "iot-edge-connector-"


def _module(image, restarted, number):
    module = {
        "version": f"1.0+{restarted}" if restarted else "1.0",
        "type": "docker",
        "status": "running",
        "restartPolicy": "always",
        "settings": {
            "image": image,
            "createOptions": "{}" if number is None else '{"Labels":{"n":"%d"}}' % number,
        },
    }
    if number is not None:
        module["env"] = {"N": {"value": str(number)}}
    return module


def content_text(slot, image, restarted, module_number, edge_hub_number):
    """The canonical bytes. The numbers are those that the two ConfigMaps carry, or None without the ConfigMap."""
    modules = {slot.module: _module(image, restarted, module_number)}
    if slot.second:
        modules[slot.second] = _module("example/second:1", restarted, None)
    content = base_content(modules, edge_hub_number)
    if module_number is not None:
        content[slot.module] = {"properties.desired": {"n": module_number}}
    return json.dumps({"modulesContent": content}, separators=(",", ":"))


def base_content(modules, edge_hub_number):
    agent = {
        "schemaVersion": "1.0",
        "runtime": {
            "type": "docker",
            "settings": {"minDockerVersion": "v1.25", "loggingOptions": "", "registryCredentials": {}},
        },
        "systemModules": {
            "edgeAgent": {"type": "docker", "settings": {"image": AGENT_IMAGE, "createOptions": "{}"}},
            "edgeHub": {
                "type": "docker",
                "status": "running",
                "restartPolicy": "always",
                "settings": {"image": HUB_IMAGE, "createOptions": "{}"},
            },
        },
        "modules": modules,
    }
    hub = {
        "schemaVersion": "1.0",
        "routes": {"route": "FROM /* INTO $upstream"},
        "storeAndForwardConfiguration": {"timeToLiveSecs": 7200 + (edge_hub_number or 0)},
    }
    return {"$edgeAgent": {"properties.desired": agent}, "$edgeHub": {"properties.desired": hub}}


def module_config_map(number):
    """The data of a module's ConfigMap that carries a number."""
    return {
        "env": json.dumps({"N": str(number)}),
        "createOptions": json.dumps({"Labels": {"n": str(number)}}),
        "desiredProperties": json.dumps({"n": number}),
    }


def edge_hub_config_map(number):
    """The data of a namespace's edgehub; its number is never 0."""
    desired = {
        "routes": {"route": "FROM /* INTO $upstream"},
        "storeAndForwardConfiguration": {"timeToLiveSecs": 7200 + number},
    }
    return {"desiredProperties": json.dumps(desired)}


def configuration_id(hub, slot, salt, text):
    parts = (OWNER, hub, slot.namespace, slot.name, str(salt), text)
    digest = hashlib.sha256(b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)).hexdigest()
    return f"{slot.namespace}-{slot.name}"[:100].replace(".", "-") + "-" + digest[:20]


def labels(hub, slot, uid, text, template_labels, config_maps):
    """All labels of a configuration of ours, in no order."""
    found = {
        **template_labels,
        PREFIX + "owner": OWNER,
        PREFIX + "hub": hub,
        PREFIX + "namespace": slot.namespace,
        PREFIX + "name": slot.name,
        PREFIX + "uid": uid,
        PREFIX + "content-hash": hashlib.sha256(text.encode()).hexdigest(),
        PREFIX + "reconcile-policy": "manage",
        PREFIX + "config-maps": ",".join(sorted(config_maps)),
    }
    return {key: value for key, value in found.items() if value}
