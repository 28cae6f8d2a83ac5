"""Devices as azure-iot-hub sees them: queries with paging, twins, direct methods, statistics."""

import json

from azure.iot.hub.models import (
    CloudToDeviceMethod,
    Configuration,
    ConfigurationContent,
    QuerySpecification,
    Twin,
    TwinProperties,
)

from msrest.exceptions import HttpOperationError

from suite import (
    ADMIN,
    CONTENTS,
    PREFIX,
    Skip,
    Suite,
    admin,
    call,
    configurations,
    holds,
    refused,
    registry,
    remove,
    same,
    status_of,
)

suite = Suite("python")
twins = registry.protocol.modules  # the generated client below the helper: it shows the headers

# The fleet that run.sh makes: 250 devices, this one for us.
FLEET = 250
EDGE_DEVICES = 249
MINE, IDLE, PLAIN, OFFLINE = "python-1", "python-2", "plain", "offline"
MOST_PAGES = 20
LIVE = PREFIX + "live"
ABSENT = PREFIX + "absent"

WRITES = "it would change a device"
FLEET_UNKNOWN = "it needs a fleet that is known"


def pages(text, size):
    """All pages of a query: their item types and their items."""
    found, continuation = [], None
    while continuation or not found:
        holds(f"an end within {MOST_PAGES} pages", len(found) < MOST_PAGES)
        answer = call(registry.query_iot_hub, QuerySpecification(query=text), continuation, size)
        found.append((answer.type, answer.items))
        continuation = answer.continuation_token
    return found


def edge_device():
    """Ours of the emulator, any of a real hub."""
    if ADMIN:
        return MINE
    query = QuerySpecification(query="SELECT deviceId FROM devices WHERE capabilities.iotEdge = true")
    rows = call(registry.query_iot_hub, query, None, 1).items
    if not rows:
        raise Skip("the hub has no edge device")
    return rows[0].device_id


def ping(device, module="$edgeAgent", response=30, connect=15):
    method = CloudToDeviceMethod(method_name="ping", response_timeout_in_seconds=response,
                                 connect_timeout_in_seconds=connect)
    return call(registry.invoke_device_module_method, device, module, method)


def patch(device, module, desired, etag=None):
    return call(registry.update_module_twin, device, module, Twin(properties=TwinProperties(desired=desired)), etag)


def desired_of(device, module):
    desired = call(registry.get_module_twin, device, module).properties.desired
    return {name: value for name, value in desired.items() if not name.startswith("$")}


def tidy():
    remove(LIVE)


@suite.check("statistics of the registry: 250 devices, all enabled", FLEET_UNKNOWN)
def _():
    answer = call(registry.get_device_registry_statistics)
    counts = (answer.total_device_count, answer.enabled_device_count, answer.disabled_device_count)
    same("total, enabled and disabled", counts, (FLEET, FLEET, 0))


@suite.check("statistics of the service: all devices but the one offline are connected", FLEET_UNKNOWN)
def _():
    same("connectedDeviceCount", call(registry.get_service_statistics).connected_device_count, FLEET - 1)


@suite.check("statistics: both calls answer with counts")
def _():
    total = call(registry.get_device_registry_statistics).total_device_count
    connected = call(registry.get_service_statistics).connected_device_count
    holds(f"0 <= connected <= total, and they are {connected} and {total}", 0 <= connected <= total)


@suite.check("query: all devices in pages of at most 100, each device once")
def _():
    total = call(registry.get_device_registry_statistics).total_device_count
    if total > 100 * MOST_PAGES:
        raise Skip(f"{total} devices are too many to page through")
    found = pages("SELECT * FROM devices", 100)
    names = [row.device_id for _, rows in found for row in rows]
    same("the item types", {kind for kind, _ in found}, {"Twin"})
    holds("no page of more than 100", max(len(rows) for _, rows in found) <= 100)
    same("devices that come twice", len(names) - len(set(names)), 0)
    same("the number of devices", len(names), total)


@suite.check("query: 250 devices are pages of 100, 100 and 50", FLEET_UNKNOWN)
def _():
    same("the sizes of the pages", [len(rows) for _, rows in pages("SELECT * FROM devices", 100)], [100, 100, 50])


@suite.check("query: a page size that divides the rows ends without a token", FLEET_UNKNOWN)
def _():
    same("the sizes of the pages", [len(rows) for _, rows in pages("SELECT * FROM devices", 125)], [125, 125])


@suite.check("query: a projection has the item type Raw; the $edgeAgent of each edge device", FLEET_UNKNOWN)
def _():
    found = pages("SELECT deviceId, moduleId FROM devices.modules WHERE moduleId = '$edgeAgent'", 100)
    same("the item types", {kind for kind, _ in found}, {"Raw"})
    names = {row.device_id for _, rows in found for row in rows}
    same("the number of devices", len(names), EDGE_DEVICES)
    same("the module ids", {row.module_id for _, rows in found for row in rows}, {"$edgeAgent"})


@suite.check("query: IN works here", FLEET_UNKNOWN)
def _():
    found = pages(f"SELECT deviceId, properties.reported FROM devices.modules WHERE moduleId = '$edgeAgent' "
                  f"AND deviceId IN ['{MINE}', '{IDLE}', '{ABSENT}']", 100)
    same("the devices", sorted(row.device_id for row in found[0][1]), sorted([MINE, IDLE]))


@suite.check("query: a syntax error: 400 ArgumentInvalid")
def _():
    refused(400, "ArgumentInvalid", registry.query_iot_hub, QuerySpecification(query="SELEKT * FROM devices"))


@suite.check("query: a continuation token that is none: 400")
def _():
    try:
        call(registry.query_iot_hub, QuerySpecification(query="SELECT * FROM devices"), "no-token", 10)
    except HttpOperationError as error:
        same("status", status_of(error), 400)
    else:
        holds("status 400", False)


@suite.check("module twin of $edgeAgent: 200 with ids, etag, version and both sections")
def _():
    device = edge_device()
    answer = call(twins.get_twin, device, "$edgeAgent", raw=True)
    twin = answer.output
    same("deviceId and moduleId", (twin.device_id, twin.module_id), (device, "$edgeAgent"))
    holds("an etag and a version", twin.etag and twin.version)
    same("ETag header", answer.response.headers.get("ETag"), f'"{twin.etag}"')
    for section in (twin.properties.desired, twin.properties.reported):
        holds("$version and $metadata in each section", "$version" in section and "$metadata" in section)


@suite.check("module twin of a missing module, or on a missing device: 404 DeviceNotFound")
def _():
    refused(404, "DeviceNotFound", registry.get_module_twin, edge_device(), ABSENT)
    refused(404, "DeviceNotFound", registry.get_module_twin, ABSENT, "$edgeAgent")


@suite.check("a configuration reaches its device, and the hub counts it", WRITES)
def _():
    content = ConfigurationContent(modules_content=CONTENTS["base"]["modulesContent"])
    live = Configuration(id=LIVE, content=content, target_condition=f"deviceId='{MINE}'", priority=10)
    call(configurations.create_configuration, live)
    admin("POST", "/evaluate")
    admin("POST", "/evaluate")
    answer = call(configurations.get_configuration, LIVE)
    same("systemMetrics.results", answer.system_metrics.results, {
        "targetedCount": 1, "appliedCount": 1, "reportedSuccessfulCount": 1, "reportedFailedCount": 0})
    same("etag after an evaluation", answer.etag, "MQ==")


@suite.check("the device's $edgeAgent twin carries the configuration and reports its modules", WRITES)
def _():
    raw = call(twins.get_twin, MINE, "$edgeAgent", raw=True).response.json()
    same("configurations", raw.get("configurations"), {LIVE: {"status": "Applied"}})
    reported, desired = raw["properties"]["reported"], raw["properties"]["desired"]
    same("lastDesiredVersion", reported.get("lastDesiredVersion"), desired["$version"])
    same("lastDesiredStatus.code", reported.get("lastDesiredStatus", {}).get("code"), 200)
    same("m1", reported.get("modules", {}).get("m1", {}).get("runtimeStatus"), "running")


@suite.check("the hub's own metric queries, sent as queries, find the device", WRITES)
def _():
    for name, text in call(configurations.get_configuration, LIVE).system_metrics.queries.items():
        devices = [row.device_id for _, rows in pages(text, 100) for row in rows]
        same(name, devices, [] if name == "reportedFailedCount" else [MINE])


@suite.check("module twin PATCH: merges, null deletes, the etag advances", WRITES)
def _():
    before = call(registry.get_module_twin, MINE, "m1")
    patch(MINE, "m1", {"a": 1, "deep": {"b": [1, 2]}})
    after = patch(MINE, "m1", {"a": None, "deep": {"c": True}})
    same("desired", desired_of(MINE, "m1"), {"k": "v", "deep": {"b": [1, 2], "c": True}})
    holds("another etag", after.etag != before.etag)
    same("$version", after.properties.desired["$version"], before.properties.desired["$version"] + 2)


@suite.check("module twin PATCH with the current etag: 200; with a stale one: 412", WRITES)
def _():
    stale = call(registry.get_module_twin, MINE, "m1").etag
    patch(MINE, "m1", {"a": 2}, stale)
    refused(412, "PreconditionFailed", patch, MINE, "m1", {"a": 3}, stale)


@suite.check("module twin PUT replaces the desired properties", WRITES)
def _():
    call(registry.replace_module_twin, MINE, "m1", Twin(properties=TwinProperties(desired={"only": 1})))
    same("desired", desired_of(MINE, "m1"), {"only": 1})


@suite.check("module twin PATCH of $edgeAgent and $edgeHub: 401 SystemModuleModifyUnauthorizedAccess", WRITES)
def _():
    for module in ("$edgeAgent", "$edgeHub"):
        refused(401, "SystemModuleModifyUnauthorizedAccess", patch, MINE, module, {"a": 1})


@suite.check("device twin PATCH: tags merge, null deletes", WRITES)
def _():
    call(registry.update_twin, MINE, Twin(tags={"floor": 2, "client": None}))
    same("tags", call(registry.get_twin, MINE).tags, {"floor": 2})


@suite.check("ping of $edgeAgent: 200, or DeviceNotOnline on a real hub")
def _():
    if ADMIN:
        same("the module's status", ping(MINE).status, 200)
        return
    try:
        same("the module's status", ping(edge_device(), connect=0).status, 200)
    except HttpOperationError as error:
        same("iothub-errorcode", error.response.headers.get("iothub-errorcode"), "DeviceNotOnline")


@suite.check("ping of a device that is offline: 404 DeviceNotOnline, with code 404103 inside its Message", FLEET_UNKNOWN)
def _():
    try:
        ping(OFFLINE, connect=0)
    except HttpOperationError as error:
        found = (status_of(error), error.response.headers.get("iothub-errorcode"))
        same("status and iothub-errorcode", found, (404, "DeviceNotOnline"))
        inner = json.loads(json.loads(error.response.text)["Message"])
        same("errorCode in the Message", inner.get("errorCode"), 404103)
    else:
        holds("404", False)


@suite.check("a method on a missing device: 404 DeviceNotFound")
def _():
    refused(404, "DeviceNotFound", ping, ABSENT)


@suite.check("a method with a connect time-out above the response time-out, or one of those under 5 s: 400 ArgumentInvalid")
def _():
    refused(400, "ArgumentInvalid", ping, edge_device(), response=10, connect=20)
    refused(400, "ArgumentInvalid", ping, edge_device(), response=4, connect=0)


@suite.check("applyConfigurationContent: 204, and the modules are on the device", WRITES)
def _():
    content = ConfigurationContent(modules_content=CONTENTS["base"]["modulesContent"])
    answer = call(configurations.protocol.configuration.apply_on_edge_device, IDLE, content, raw=True)
    same("status", answer.response.status_code, 204)
    same("modules desired", list(desired_of(IDLE, "$edgeAgent").get("modules", {})), ["m1"])
    same("desired of m1", desired_of(IDLE, "m1"), {"k": "v"})


@suite.check("applyConfigurationContent to a device that is no edge device: 400", WRITES)
def _():
    content = ConfigurationContent(modules_content=CONTENTS["base"]["modulesContent"])
    try:
        call(configurations.apply_configuration_on_edge_device, PLAIN, content)
    except HttpOperationError as error:
        same("status", status_of(error), 400)
        text = error.response.text
        holds(f"Not an Azure IoT Edge device in {text}", "Not an Azure IoT Edge device" in text)
    else:
        holds("400", False)


@suite.check("applyConfigurationContent to a missing device: 404 DeviceNotFound")
def _():
    content = ConfigurationContent(modules_content=CONTENTS["base"]["modulesContent"])
    refused(404, "DeviceNotFound", configurations.apply_configuration_on_edge_device, ABSENT, content)


@suite.check("after its configuration is deleted the device keeps its modules", WRITES)
def _():
    call(configurations.delete_configuration, LIVE)
    admin("POST", "/evaluate")
    same("modules desired", list(desired_of(MINE, "$edgeAgent").get("modules", {})), ["m1"])
