"""The API server in trouble: away, back with an empty etcd, with lists that fail in the middle, with watches that it does
not allow. Nothing on a hub changes for it."""

import base64
import copy
import itertools
import json
import pathlib
import re

from harness import ControlPlane, INTEGRATION, free_port, never_within, wait_for
from kubernetes import Api, Namespace
from objects import edge_deployment, module_images
from proxy import Proxy
from suite import Topic

NAMES = ("first", "second", "third")
RBAC = "rbac.authorization.k8s.io"
CLUSTER_ROLE = f"/apis/{RBAC}/v1/clusterroles/iot-edge-connector"
BINDINGS = f"/apis/{RBAC}/v1/clusterrolebindings"
# Several times what the connector waits before it believes in an absence, and between two looks at a hub.
LONG = 6


def failing(connector, resource):
    return connector.metrics()[f'watches_failing{{resource="{resource}"}}']


class Stands(Topic):
    """Three Deployments on a hub."""

    chain = True

    def stand(self):
        for name in NAMES:
            # On the same devices the last one wins, so each is ready in its turn.
            self.ns.apply(edge_deployment(name, {"module": "example/module:1"}))
            self.ns.wait_ready(name, 60)
        self.connector.wait_in_step()
        self.standing = {name: self.wait_configuration(name)["id"] for name in NAMES}
        self.since = self.emulator.last_call()

    def assert_untouched(self):
        self.assertEqual(self.emulator.writes(self.since), [])
        self.assertEqual({name: self.configuration_of(name)["id"] for name in NAMES}, self.standing)

    def wrote(self):
        return self.emulator.writes(self.since)

    def wait_delivers(self):
        """An event ends the doubt about the watch of Deployments: a list alone does not show that a watch works."""
        number = itertools.count()

        def touch():
            self.ns.patch("deployments", "first", {"metadata": {"labels": {"touched": str(next(number))}}})
            return failing(self.connector, "deployments")

        wait_for("the watch to deliver", touch, lambda value: value == 0, 90)


class OwnControlPlane(Stands):
    """One that may be stopped and emptied."""

    def set_up(self):
        run = copy.copy(self.test_run)
        run.folder = self.test_run.folder_for(type(self).__name__)
        run.webhook_port = free_port()
        run.control_plane = self.enter(ControlPlane(run.folder / "cluster"))
        run.api = Api(run.control_plane.kubeconfig())
        self.test_run = run
        self.prepare_cluster()
        super().set_up()

    def prepare_cluster(self):
        Namespace(self.test_run, "default").apply(INTEGRATION / "roles.yaml")
        self.test_run.register()


class ApiServerGone(OwnControlPlane):
    def test_three_are_on_the_hub(self):
        self.stand()

    def test_while_it_is_away_nothing_changes(self):
        self.test_run.control_plane.stop()
        wait_for("the hub to be on hold", lambda: "the Lease cannot be renewed" in self.connector.readyz()[1])
        wait_for("its absence to show", lambda: failing(self.connector, "deployments"), lambda value: value == 1)
        never_within("a write while the API server is away", self.wrote, LONG)

    def test_when_it_is_back_nothing_is_to_do(self):
        self.test_run.control_plane.start()
        self.connector.wait_leads()
        self.connector.wait_in_step()
        self.assert_untouched()

    def test_with_an_empty_etcd_nothing_is_deleted(self):
        plane = self.test_run.control_plane
        plane.stop()
        plane.wipe()
        plane.start()
        self.prepare_cluster()
        self.ns.kubectl("create", "namespace", self.ns.name)
        wait_for("the brake to hold", lambda: self.connector.metrics()["deletions_blocked"], lambda value: value == 1, 60)
        never_within("something was deleted for an empty etcd", self.wrote, LONG)
        self.assert_untouched()

    def test_what_is_applied_again_takes_over_in_place(self):
        self.wait_nodes()
        for name in NAMES:
            self.ns.apply(edge_deployment(name, {"module": "example/module:1"}))
        uids = {name: self.ns.get("deployments", name)["metadata"]["uid"] for name in NAMES}
        for name in NAMES:
            wait_for(f"{name} to carry its new uid", lambda: self.configuration_of(name),
                     lambda c: c is not None and c["labels"]["iot-edge-connector-uid"] == uids[name])
        self.connector.wait_in_step()
        self.assertEqual(sorted(self.wrote()), sorted(("PUT", self.standing[name]) for name in NAMES))
        self.assertEqual(self.connector.metrics()["deletions_blocked"], 0)
        self.assertEqual(self.emulator.gaps(self.since), [])

    def test_a_cluster_of_another_owner_is_none_of_a_new_processes_business(self):
        """By default the owner is this cluster's own mark, and with the etcd it has changed."""
        self.since = self.emulator.last_call()
        self.connector.restart()
        self.connector.wait_leads()
        wait_for("the new owner's configurations", lambda: [len(self.ids_of(name)) for name in NAMES],
                 lambda counts: counts == [2, 2, 2])
        self.connector.wait_in_step()
        self.assertEqual({method for method, _ in self.wrote()}, {"PUT"})
        self.assertFalse({id_ for _, id_ in self.wrote()} & set(self.standing.values()))


class ListsFail(Stands):
    """With pages of one object."""

    def set_up(self):
        own = self.test_run.control_plane.kubeconfig("connector")
        server = re.search(r"https://[^\s\"]+", own.read_text()).group()
        self.proxy = self.enter(Proxy(self.test_run, server))
        super().set_up()
        self.connector.stop()
        self.connector.kubeconfig = self.proxy.kubeconfig(own, self.connector.folder / "kubeconfig-proxy")
        self.connector.start()
        self.connector.wait_leads()

    def break_second_pages(self):
        self.proxy.refuse(r"^GET /apis/apps/v1/deployments\?.*continue=", 500)

    def test_three_are_on_the_hub(self):
        self.stand()

    def test_a_second_page_that_fails_says_nothing_about_absence(self):
        self.break_second_pages()
        self.proxy.refuse(r"^GET /apis/apps/v1/deployments\?watch=true", 410)
        self.proxy.end_streams()
        self.connector.logged(r"GET /apis/apps/v1/deployments: 500 Ordered")
        self.assertEqual(failing(self.connector, "deployments"), 1)
        never_within("a write after half a list", self.wrote, LONG)
        self.assertEqual(self.connector.metrics()["deletions_blocked"], 0)

    def test_when_it_works_again_nothing_is_to_do(self):
        self.heal()
        self.assert_untouched()

    def heal(self):
        self.proxy.allow()
        self.wait_delivers()
        self.connector.wait_in_step()

    def test_a_start_with_half_a_list_writes_nothing(self):
        self.break_second_pages()
        self.connector.restart()
        self.connector.wait_leads()
        wait_for("the health to tell what is waited for", lambda: "waiting for the API server's lists" in self.connector.readyz()[1])
        never_within("a write after half a list", self.wrote, LONG)
        self.heal()
        self.assert_untouched()

    def test_config_maps_that_half_a_list_does_not_show_are_not_missing(self):
        """The list of ConfigMaps ends after its first page for a while; it is none of those that are read."""
        self.proxy.refuse(r"^GET /api/v1/configmaps\?.*continue=", 500)
        self.proxy.refuse(r"^GET /api/v1/configmaps\?watch=true", 410)
        self.proxy.end_streams()
        wait_for("the trouble", lambda: failing(self.connector, "configmaps"), lambda value: value == 1)
        never_within("a write after half a list", self.wrote, LONG)
        self.proxy.allow()
        self.connector.wait_in_step()
        self.assert_untouched()


class WatchForbidden(OwnControlPlane):
    def change_verbs(self, *verbs):
        """What the connector may do with Deployments; the rule of ReplicaSets stays."""
        role = self.api.get(CLUSTER_ROLE)
        rules = [rule for rule in role["rules"] if "apps" not in rule["apiGroups"]]
        rules += [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": list(verbs)},
                  {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": ["get", "list", "watch"]}]
        self.api.patch(CLUSTER_ROLE, {"rules": rules})

    def test_three_are_on_the_hub(self):
        self.stand()

    def test_lists_without_watches_delete_nothing(self):
        self.change_verbs("get", "list")
        self.connector.restart()
        self.connector.wait_leads()
        self.connector.wait_in_step()
        wait_for("the metrics to tell", lambda: failing(self.connector, "deployments"), lambda value: value == 1)
        never_within("a write without a watch", self.wrote, LONG)
        self.assert_untouched()

    def test_it_is_told_on_the_lease_and_in_the_metrics_until_it_is_over(self):
        events = wait_for("an Event WatchRefused", lambda: self.ns.events("WatchRefused", "Lease"))
        self.assertEqual(len(events), 1)
        self.assertRegex(events[0]["message"], r"GET /apis/apps/v1/deployments: 403 Forbidden: .*cannot watch resource")
        self.assertEqual(events[0]["type"], "Warning")
        for resource in ("replicasets", "configmaps", "pods"):
            self.assertEqual(failing(self.connector, resource), 0, resource)

    def test_changes_are_seen_by_the_lists(self):
        self.ns.apply(edge_deployment("first", {"module": "example/module:2"}))
        wait_for("the change to be on the hub", lambda: self.configuration_of("first"),
                 lambda c: c is not None and module_images(c) == {"module": "example/module:2"}, 90)
        self.ns.wait_ready("first", 90)

    def test_it_is_over(self):
        self.change_verbs("get", "list", "watch")
        self.wait_delivers()
        self.connector.wait_in_step()


class ApiServerCredentials(Topic):
    """Outside of a cluster: a kubeconfig with a client certificate; and a token that is replaced while it is used."""

    def server_with(self, user, name):
        """A kubeconfig of the connector's with another user in it."""
        text = self.test_run.control_plane.kubeconfig("connector").read_text()
        path = self.connector.folder / name
        path.write_text(re.sub(r"user: \{token: [^}]+\}", "user: " + json.dumps(user), text))
        return path

    def bind(self, subject):
        self.api.create(BINDINGS, {
            "metadata": {"name": f"test-{subject['name']}"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "iot-edge-connector"},
            "subjects": [subject],
        })

    def assert_syncs(self, name):
        self.ns.apply(edge_deployment(name))
        self.ns.wait_ready(name, 60)

    def restart_with(self, kubeconfig):
        self.connector.stop()
        self.connector.kubeconfig = kubeconfig
        self.connector.start()
        self.connector.wait_leads()

    def test_a_client_certificate_is_enough(self):
        self.bind({"apiGroup": RBAC, "kind": "User", "name": "kube-apiserver-kubelet-client"})
        pki = self.test_run.control_plane.folder / "pki"
        user = {f"client-{part}": str(pki / f"kubelet-client.{end}") for part, end in (("certificate", "crt"), ("key", "key"))}
        self.restart_with(self.server_with(user, "kubeconfig-files"))
        self.assert_syncs("by-files")
        user = {f"{part}-data": base64.b64encode(pathlib.Path(file).read_bytes()).decode() for part, file in user.items()}
        self.restart_with(self.server_with(user, "kubeconfig-data"))
        self.assert_syncs("by-data")

    def token(self, **bound_to):
        path = f"/api/v1/namespaces/{self.ns.name}/serviceaccounts/rotating/token"
        return self.api.create(path, {"spec": {"expirationSeconds": 3600, **bound_to}})["status"]["token"]

    def test_a_token_that_is_replaced_is_read_again(self):
        self.api.create(f"/api/v1/namespaces/{self.ns.name}/serviceaccounts", {"metadata": {"name": "rotating"}})
        self.bind({"kind": "ServiceAccount", "name": "rotating", "namespace": self.ns.name})
        secrets = f"/api/v1/namespaces/{self.ns.name}/secrets"
        secret = self.api.create(secrets, {"metadata": {"name": "until-then"}})
        file = self.connector.folder / "token"
        file.write_text(self.token(boundObjectRef={"apiVersion": "v1", "kind": "Secret", "name": "until-then",
                                                   "uid": secret["metadata"]["uid"]}))
        self.restart_with(self.server_with({"tokenFile": str(file)}, "kubeconfig-token"))
        self.assert_syncs("first-token")
        # The first one ends with the Secret, up to ten seconds later.
        file.write_text(self.token())
        self.api.delete(f"{secrets}/until-then")
        never_within("it lost the Lease", lambda: not self.connector.leads(), 14)
        self.assert_syncs("second-token")
        self.assertNotIn("401", self.connector.text())
