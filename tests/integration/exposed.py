"""A program of this machine as the cluster sees a pod: the API server's proxy leads to addresses of pods only, and to
none of loopback."""

import contextlib
import fcntl
import ipaddress
import socket
import struct

from harness import Failure, free_port, wait_for

SIOCGIFADDR, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFFLAGS = 0x8915, 0x8916, 0x891C, 0x8914
IFF_UP = 1
OWN_ADDRESS = "198.18.77.1"  # of the block for benchmarks of network devices: nobody is there


def _interface_call(probe, request, name, value=b"\0" * 24):
    return fcntl.ioctl(probe, request, struct.pack("16s24s", name.encode(), value))


def _addresses():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                yield socket.inet_ntoa(_interface_call(probe, SIOCGIFADDR, name)[20:24])


def _add_address():
    """On a machine that has loopback alone; that takes the right to configure its network."""
    address = struct.pack("HH4s16s", socket.AF_INET, 0, socket.inet_aton(OWN_ADDRESS), b"")
    mask = struct.pack("HH4s16s", socket.AF_INET, 0, b"\xff" * 4, b"")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            _interface_call(probe, SIOCSIFADDR, "lo:edge", address)
            _interface_call(probe, SIOCSIFNETMASK, "lo:edge", mask)
            _interface_call(probe, SIOCSIFFLAGS, "lo:edge", struct.pack("H22s", IFF_UP, b""))
    except OSError as error:
        raise Failure(
            f"the API server's proxy needs an address that is not loopback; this machine has none, and none could be "
            f"added to lo: {error}"
        ) from None
    return OWN_ADDRESS


def machine_address():
    """An address of this machine that the API server's proxy leads to."""
    for address in _addresses():
        ip = ipaddress.ip_address(address)
        if not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified):
            return address
    return _add_address()


class Exposed:
    """A Service with programs of this machine behind it, each as a pod that no kubelet runs."""

    def __init__(self, ns, service):
        self.ns, self.api, self.service = ns, ns.api, service
        self.address = machine_address()
        self.node = f"{ns.name}-host"
        self.pods = {}

    def port(self):
        return free_port()

    def __enter__(self):
        self.api.create("/api/v1/nodes", {"metadata": {"name": self.node}})
        wait_for(
            "the namespace's ServiceAccount",
            lambda: self.api.get(f"/api/v1/namespaces/{self.ns.name}/serviceaccounts/default"),
        )
        self.api.create(
            f"/api/v1/namespaces/{self.ns.name}/services",
            {"metadata": {"name": self.service}, "spec": {"ports": [{"name": "api", "port": 8444}]}},
        )
        self.api.create(f"/api/v1/namespaces/{self.ns.name}/endpoints", {"metadata": {"name": self.service}})
        return self

    def __exit__(self, *_):
        for pod in self.pods:
            self.ns.delete("pods", pod, gracePeriodSeconds=0)
        self.api.delete(f"/api/v1/nodes/{self.node}")

    def add_pod(self, name, port):
        """A pod of that name, whose port is one of this machine's."""
        tolerations = [{"operator": "Exists"}]
        containers = [{"name": "c", "image": "none", "ports": [{"containerPort": port}]}]
        self.api.create(
            self.ns.path("pods"),
            {
                "metadata": {"name": name},
                "spec": {"nodeName": self.node, "containers": containers, "tolerations": tolerations},
            },
        )
        self.pods[name] = port
        status = {"status": {"phase": "Running", "podIP": self.address, "podIPs": [{"ip": self.address}]}}
        self.ns.patch("pods", name, status, subresource="status")

    def lead_to(self, *pods):
        """From now on the Service leads to these."""
        subsets = [
            {
                "addresses": [
                    {
                        "ip": self.address,
                        "targetRef": {"kind": "Pod", "namespace": self.ns.name, "name": pod},
                    }
                ],
                "ports": [{"name": "api", "port": self.pods[pod]}],
            }
            for pod in pods
        ]
        self.api.patch(f"/api/v1/namespaces/{self.ns.name}/endpoints/{self.service}", {"subsets": subsets})
