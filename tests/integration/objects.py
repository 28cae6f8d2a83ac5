"""Manifests as a user would write them, as Python objects."""

TOLERATIONS = [
    {"key": "virtual-kubelet.io/provider", "operator": "Equal", "value": "iotedge", "effect": "NoSchedule"},
    {"key": "iot-edge-connector/edge", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/network-unavailable", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists"},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists"},
]


def edge_deployment(name, modules=None, condition="tags.testtag='A'", replicas=1, annotations=None):
    """An edge Deployment. modules: image by name."""
    containers = [
        {"name": module, "image": image} for module, image in (modules or {"module": "example/module:1"}).items()
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {
                    "labels": {"app": name},
                    "annotations": {"isEdgeDeployment": "true", "targetCondition": condition, **(annotations or {})},
                },
                "spec": {
                    "containers": containers,
                    "nodeSelector": {"type": "virtual-kubelet"},
                    "tolerations": TOLERATIONS,
                },
            },
        },
    }


def plain_deployment(name):
    """One that is none of ours; it has no replicas, since there is no node for it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "c", "image": "c:1"}]},
            },
        },
    }


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def agent_desired(configuration):
    """The desired properties of $edgeAgent in a configuration."""
    return configuration["content"]["modulesContent"]["$edgeAgent"]["properties.desired"]


def hub_desired(configuration):
    """Those of $edgeHub."""
    return configuration["content"]["modulesContent"]["$edgeHub"]["properties.desired"]


def module_images(configuration):
    """Image by name of our modules."""
    return {name: module["settings"]["image"] for name, module in agent_desired(configuration)["modules"].items()}
