"""/metrics, read by a strict reader of its own, and what the numbers say."""

import pathlib
import re
import time

import exposition
from harness import PROJECT, wait_for
from objects import edge_deployment
from suite import Topic


def documented():
    """Name to (type, labels), as docs/metrics.md has them."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", (PROJECT / "docs" / "metrics.md").read_text(), re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


class Metrics(Topic):
    def families(self):
        return exposition.read(self.connector.health("/metrics")[1])

    def test_the_reader_is_strict(self):
        head = "# HELP a_total words\n# TYPE a_total counter\n"
        histogram = "# HELP h words\n# TYPE h histogram\n"
        self.assertEqual(exposition.read(head + 'a_total{x="1"} 2\n')["a_total"].samples, [("a_total", {"x": "1"}, 2.0)])
        exposition.read(histogram + 'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n')
        for text in (
            head + "a_total 1",
            head + "a_total 1\na_total 2\n",
            head + head + "a_total 1\n",
            head + "b_total 1\n",
            head + "a_total -1\n",
            head + 'a_total{x="1",x="2"} 1\n',
            head + 'a_total{x="1",} 1\n',
            head + "a_total 1 1790000000\n",
            "a_total 1\n",
            "# TYPE a_total counter\na_total 1\n",
            "# HELP a words\n# TYPE a counter\na 1\n",
            histogram + 'h_bucket{le="1"} 3\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n',
            histogram + 'h_bucket{le="+Inf"} 2\nh_bucket{le="1"} 2\nh_sum 3\nh_count 2\n',
            histogram + 'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 3\n',
            histogram + 'h_bucket{le="1"} 1\nh_sum 3\nh_count 1\n',
        ):
            with self.assertRaises(exposition.Malformed, msg=text):
                exposition.read(text)

    def test_every_family_is_documented_and_the_other_way_round(self):
        self.ns.apply(edge_deployment("seen"))
        self.ns.wait_ready("seen")
        families, wanted = self.families(), documented()
        self.assertEqual({name: family.kind for name, family in families.items()}, {n: k for n, (k, _) in wanted.items()})
        for name, family in families.items():
            for _, labels, _ in family.samples:
                self.assertEqual(set(labels) - {"le"}, wanted[name][1], name)

    def test_the_process_is_told_as_the_system_sees_it(self):
        """Files of /proc that belong to root, since no core may be dumped, are read all the same."""
        metrics, pid = self.connector.metrics(), self.connector.process.pid
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024
        self.assertAlmostEqual(metrics["process_resident_memory_bytes"] / resident, 1, delta=0.3)
        self.assertGreater(metrics["process_open_fds"], 10)
        self.assertLess(metrics["process_open_fds"], metrics["process_max_fds"])
        self.assertGreater(metrics["process_cpu_seconds_total"], 0)
        age = time.time() - metrics["process_start_time_seconds"]
        self.assertTrue(0 < age < 3600, age)

    def test_what_the_webhook_says_is_counted_by_its_verdict(self):
        before = self.connector.metrics()
        broken = edge_deployment("broken")
        del broken["spec"]["template"]["metadata"]["annotations"]["targetCondition"]
        self.ns.kubectl_try("apply", "-f", "-", stdin=broken)
        after = self.connector.metrics()
        for name in (
            'webhook_requests_total{webhook="mutate",code="200",allowed="true"}',
            'webhook_requests_total{webhook="validate",code="422",allowed="false"}',
            'webhook_rejections_total{rule="FieldValueRequired"}',
        ):
            self.assertEqual(after[name] - before[name], 1, name)

    def test_deployments_and_the_quota_are_counted(self):
        self.ns.apply(edge_deployment("counted"))
        self.ns.wait_ready("counted")
        self.emulator.order("PUT", f"/configurations/{self.ns.name}-stuck-", "before", action="status:400", count=0)
        self.ns.apply(edge_deployment("stuck"))
        on_the_hub = len(self.emulator.configurations())

        def counted(metrics):
            return [metrics[f'managed_deployments{{hub="hub0",state="{s}"}}'] for s in ("synced", "pending", "failed")]

        metrics = wait_for("one that failed", self.connector.metrics, lambda m: counted(m)[1:] == [0, 1])
        self.assertEqual(metrics['hub_quota_used{hub="hub0"}'], on_the_hub)
        self.assertEqual(metrics['managed_configurations{hub="hub0"}'], on_the_hub)
        self.assertEqual(counted(metrics)[0], on_the_hub)
        self.assertEqual(metrics['hub_quota_limit{hub="hub0"}'], 100)
        self.assertGreater(metrics['hub_requests_total{hub="hub0",operation="create",code="400"}'], 0)
        self.emulator.clear_faults()
        wait_for("none that failed", self.connector.metrics, lambda m: counted(m)[1:] == [0, 0])

    def test_a_hub_that_fails_is_counted(self):
        self.emulator.order("GET", "/configurations", "before", action="close", count=0)
        name = 'sync_consecutive_errors{hub="hub0"}'
        before = wait_for("errors in a row", self.connector.metrics, lambda m: m[name] >= 2)
        self.assertGreater(before['hub_requests_total{hub="hub0",operation="list",code="none"}'], 0)
        self.emulator.clear_faults()
        after = wait_for("no errors any more", self.connector.metrics, lambda m: m[name] == 0)
        success = 'sync_last_success_timestamp_seconds{hub="hub0"}'
        self.assertGreater(after[success], before[success])
