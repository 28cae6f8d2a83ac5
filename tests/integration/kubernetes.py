"""The cluster as the tests use it: kubectl for what a user sees, plain API calls for what is polled."""

import base64
import contextlib
import http.client
import json
import re
import ssl
import subprocess
import urllib.parse

from harness import Failure, wait_for

APPS = "/apis/apps/v1"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
RESOURCES = {
    "deployments": APPS,
    "replicasets": APPS,
    "daemonsets": APPS,
    "pods": "/api/v1",
    "configmaps": "/api/v1",
    "events": "/api/v1",
    "leases": "/apis/coordination.k8s.io/v1",
}


class Api:
    """The API server with an administrator's token."""

    def __init__(self, kubeconfig):
        text = kubeconfig.read_text()
        server = urllib.parse.urlsplit(re.search(r"server: (\S+)", text).group(1))
        authority = base64.b64decode(re.search(r"certificate-authority-data: (\S+)", text).group(1)).decode()
        self._address = (server.hostname, server.port)
        self._token = re.search(r"token: ([^}\s]+)", text).group(1)
        self._context = ssl.create_default_context(cadata=authority)
        self._connection = None

    def call(self, method, path, body=None, content_type="application/json"):
        """(status, object)."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": content_type}
        data = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPSConnection(*self._address, timeout=30, context=self._context)
            try:
                self._connection.request(method, path, data, headers)
                answer = self._connection.getresponse()
                return answer.status, json.loads(answer.read() or b"null")
            except (http.client.HTTPException, OSError):
                self._connection.close()
                self._connection = None
                if attempt == 2 or method == "POST":
                    raise
        raise Failure("not reached")

    def _expect(self, method, path, body=None, content_type="application/json", missing_ok=False):
        status, answer = self.call(method, path, body, content_type)
        if status == 404 and missing_ok:
            return None
        if status >= 300:
            raise Failure(f"{method} {path}: {status} {answer.get('message')}")
        return answer

    def get(self, path):
        """The object, or None when it is not there."""
        return self._expect("GET", path, missing_ok=True)

    def patch(self, path, body, content_type=MERGE_PATCH):
        return self._expect("PATCH", path, body, content_type)

    def create(self, path, body):
        return self._expect("POST", path, body)

    def delete(self, path, **options):
        return self._expect("DELETE", path, options or None, missing_ok=True)


class Namespace:
    """A namespace of its own for a test class, emptied at the end while the connector still runs."""

    def __init__(self, run, name):
        self.run, self.name = run, name
        self.api = run.api

    def __enter__(self):
        self.api.create("/api/v1/namespaces", {"metadata": {"name": self.name}})
        return self

    def __exit__(self, *_):
        self.api.delete(f"/api/v1/namespaces/{self.name}")

    # kubectl, in this namespace.

    def kubectl_process(self, *arguments):
        """kubectl in the background."""
        return subprocess.Popen(
            self._command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _command(self, arguments):
        plane = self.run.control_plane
        return [str(word) for word in (plane.kubectl, "--kubeconfig", plane.kubeconfig(), "-n", self.name, *arguments)]

    def kubectl_try(self, *arguments, stdin=None, deadline=60):
        """(status, output, errors); stdin may be an object or a list of them, which become JSON."""
        if isinstance(stdin, list):
            stdin = {"apiVersion": "v1", "kind": "List", "items": stdin}
        text = stdin if stdin is None or isinstance(stdin, str) else json.dumps(stdin)
        done = subprocess.run(
            self._command(arguments), input=text, capture_output=True, text=True, timeout=deadline, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def kubectl(self, *arguments, stdin=None, deadline=60):
        status, output, errors = self.kubectl_try(*arguments, stdin=stdin, deadline=deadline)
        if status != 0:
            raise Failure(f"kubectl {' '.join(map(str, arguments))} failed with status {status}:\n{output}{errors}")
        return output

    def apply(self, *objects, deadline=60):
        """kubectl apply of objects, or of one file."""
        if len(objects) == 1 and not isinstance(objects[0], dict):
            return self.kubectl("apply", "-f", objects[0], deadline=deadline)
        return self.kubectl(
            "apply", "-f", "-", stdin=list(objects) if len(objects) > 1 else objects[0], deadline=deadline
        )

    # Objects, by plain calls.

    def path(self, resource, name=None, subresource=None):
        path = f"{RESOURCES[resource]}/namespaces/{self.name}/{resource}"
        return "/".join(part for part in (path, name, subresource) if part)

    def list(self, resource, selector=None):
        query = f"?labelSelector={urllib.parse.quote(selector)}" if selector else ""
        return self.api.get(self.path(resource) + query)["items"]

    def get(self, resource, name):
        return self.api.get(self.path(resource, name))

    def patch(self, resource, name, body, content_type=MERGE_PATCH, subresource=None):
        return self.api.patch(self.path(resource, name, subresource), body, content_type)

    def delete(self, resource, name, **options):
        return self.api.delete(self.path(resource, name), **options)

    def pods(self, deployment=None):
        return self.list("pods", f"app={deployment}" if deployment else None)

    def pod(self, deployment):
        """The only pod of a Deployment, or None."""
        pods = [pod for pod in self.pods(deployment) if "deletionTimestamp" not in pod["metadata"]]
        return pods[0] if len(pods) == 1 else None

    def events(self, reason, kind="Deployment"):
        return [
            event
            for event in self.list("events")
            if event["reason"] == reason and event["involvedObject"]["kind"] == kind
        ]

    def wait_ready(self, deployment, deadline=30):
        """Until the Deployment is complete: all replicas updated and available. Returns it."""

        def complete(stored):
            if stored is None:
                return False
            status = stored.get("status", {})
            counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
            seen = status.get("observedGeneration", 0) >= stored["metadata"]["generation"]
            return seen and counts == {stored["spec"]["replicas"]}

        return wait_for(
            f"Deployment {deployment} to be rolled out", lambda: self.get("deployments", deployment), complete, deadline
        )

    def empty(self):
        """Deletes all Deployments and ConfigMaps of ours and waits until the pods are gone."""
        for resource in ("daemonsets", "deployments", "configmaps"):
            self.api.delete(self.path(resource), propagationPolicy="Background")
        wait_for(
            f"the pods of namespace {self.name} to be gone",
            lambda: [pod["metadata"]["name"] for pod in self.pods()],
            lambda names: not names,
        )

    def force_pods_away(self):
        """When nobody is there to complete their deletion."""
        for resource in ("daemonsets", "deployments", "replicasets", "pods"):
            with contextlib.suppress(Failure):
                self.api.delete(self.path(resource), gracePeriodSeconds=0, propagationPolicy="Background")
