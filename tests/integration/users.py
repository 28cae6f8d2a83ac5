"""Users with few rights: ServiceAccounts with a kubeconfig of their own."""

import re


def make_user(ns, name, rules, folder):
    """A ServiceAccount in the namespace that may do in the whole cluster what the rules say; its kubeconfig."""
    full = f"{ns.name}-{name}"
    ns.api.create(f"/api/v1/namespaces/{ns.name}/serviceaccounts", {"metadata": {"name": name}})
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    ns.api.create(f"{rbac}/clusterroles", {"metadata": {"name": full}, "rules": rules})
    ns.api.create(
        f"{rbac}/clusterrolebindings",
        {
            "metadata": {"name": full},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": full},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": ns.name}],
        },
    )
    token = ns.kubectl("create", "token", name).strip()
    text = ns.run.control_plane.kubeconfig().read_text()
    path = folder / f"kubeconfig-{name}"
    path.write_text(re.sub(r"token: [^}\s]+", f"token: {token}", text))
    return path


def forget_user(ns, name):
    full = f"{ns.name}-{name}"
    for resource in ("clusterroles", "clusterrolebindings"):
        ns.api.delete(f"/apis/rbac.authorization.k8s.io/v1/{resource}/{full}")
