"""Configurations as azure-iot-hub sees them: the PUT matrix, reading, judging, deleting."""

import base64
import re

from azure.iot.hub.models import (
    Configuration,
    ConfigurationContent,
    ConfigurationMetrics,
    ConfigurationQueriesTestInput,
)

from msrest.exceptions import HttpOperationError

from suite import (
    CONTENTS,
    PREFIX,
    Different,
    Suite,
    call,
    configurations,
    holds,
    refused,
    remove,
    same,
    status_of,
    token,
)

suite = Suite("python")
operations = configurations.protocol.configuration  # the generated client below the helper: it takes any header

MAIN = PREFIX + "main"
OTHER = PREFIX + "other"
MISSING = PREFIX + "missing"
CONDITION = f"deviceId='{PREFIX}nobody'"  # no device of a real hub is touched
CONDITION_TOO = f"deviceId='{PREFIX}nobody-too'"
QUERY = "SELECT deviceId FROM devices.modules WHERE properties.reported.lastDesiredStatus.code = 200"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6}[1-9]|\.[1-9])?Z")


def body(identifier, content="layered", **changes):
    fields = {
        "id": identifier,
        "schema_version": "1.0",
        "labels": {"app": "web"},
        "content": ConfigurationContent(modules_content=CONTENTS[content]["modulesContent"]) if content else None,
        "target_condition": CONDITION,
        "priority": 10,
        "metrics": ConfigurationMetrics(queries={"ok": QUERY}),
    }
    return Configuration(**{**fields, **changes})


def put(configuration, if_match=None, headers=None):
    """The status, the quoted ETag header and the configuration as answered."""
    answer = call(operations.create_or_update, configuration.id, configuration, if_match, headers, raw=True)
    return answer.response.status_code, answer.response.headers.get("ETag"), answer.output


def put_refused(status, code, configuration, if_match=None, headers=None):
    try:
        refused(status, code, operations.create_or_update, configuration.id, configuration, if_match, headers)
    except Different:
        if configuration.id != MAIN:
            remove(configuration.id)
        raise


def etag_now():
    return call(configurations.get_configuration, MAIN).etag


def etag_after(etag):
    return base64.b64encode(str(int(base64.b64decode(etag)) + 1).encode()).decode()


def updated(if_match_of, **changes):
    """An update whose If-Match is made of the current etag must be taken and advance it."""
    before = etag_now()
    status, header, answer = put(body(MAIN, **changes), if_match_of(before))
    same("status, ETag and etag", (status, header, answer.etag), (200, f'"{etag_after(before)}"', etag_after(before)))
    return answer


def tidy():
    remove(MAIN, OTHER, MISSING)


@suite.check("create: 200 and the first etag; the answer has the whole configuration")
def _():
    status, header, answer = put(body(MAIN))
    same("status, ETag and etag", (status, header, answer.etag), (200, '"MQ=="', "MQ=="))
    same("id, labels and priority", (answer.id, answer.labels, answer.priority), (MAIN, {"app": "web"}, 10))
    same("schemaVersion", answer.schema_version, "1.0")
    same("targetCondition", answer.target_condition, CONDITION)
    same("content", answer.content.modules_content, CONTENTS["layered"]["modulesContent"])
    same("custom metrics", answer.metrics.queries, {"ok": QUERY})


@suite.check("create: results are empty until the first evaluation, and the four system queries are there")
def _():
    status, _, answer = put(body(OTHER))
    call(configurations.delete_configuration, OTHER)
    applied = (f"select deviceId from devices.modules where moduleId = '$edgeAgent' "
               f"and configurations.[[{OTHER}]].status = 'Applied'")
    reported = applied + " and properties.desired.$version = properties.reported.lastDesiredVersion and "
    same("status", status, 200)
    same("systemMetrics.results", answer.system_metrics.results, {})
    same("systemMetrics.queries", answer.system_metrics.queries, {
        "targetedCount": f"select deviceId from devices where capabilities.iotEdge = true and {CONDITION}",
        "appliedCount": applied,
        "reportedSuccessfulCount": reported + "properties.reported.lastDesiredStatus.code = 200",
        "reportedFailedCount": reported + "properties.reported.lastDesiredStatus.code != 200",
    })


@suite.check("times are UTC with at most seven digits of a second, no zero at the end")
def _():
    raw = call(operations.get, MAIN, raw=True).response.json()
    for name in ("createdTimeUtc", "lastUpdatedTimeUtc"):
        holds(f"{name} as a time, and it is {raw.get(name)!r}", TIME.fullmatch(str(raw.get(name))))


@suite.check("PUT of an existing id without If-Match: 409")
def _():
    refused(409, "ConfigurationAlreadyExists", configurations.create_configuration, body(MAIN))


@suite.check('PUT of an existing id with If-Match "": 409')
def _():
    put_refused(409, "ConfigurationAlreadyExists", body(MAIN), '""')


@suite.check("PUT of an existing id with its etag unquoted: 409")
def _():
    refused(409, "ConfigurationAlreadyExists", configurations.update_configuration, body(MAIN), etag_now())


@suite.check("PUT of an existing id with its etag quoted: 200, the etag advances")
def _():
    before = call(configurations.get_configuration, MAIN)
    answer = updated(lambda etag: f'"{etag}"', priority=11, labels={"app": "web", "more": "x"})
    same("priority and labels", (answer.priority, answer.labels), (11, {"app": "web", "more": "x"}))
    same("createdTimeUtc", answer.created_time_utc, before.created_time_utc)
    holds("a later lastUpdatedTimeUtc", answer.last_updated_time_utc > before.last_updated_time_utc)


@suite.check("PUT of an existing id with a stale etag, quoted: 412")
def _():
    put_refused(412, "PreconditionFailed", body(MAIN, priority=12), '"MQ=="')


@suite.check("PUT of an existing id with If-Match *: 200")
def _():
    same("priority", updated(lambda etag: "*", priority=13).priority, 13)


@suite.check('PUT of an existing id with If-Match "*": 200')
def _():
    same("priority", updated(lambda etag: '"*"', priority=14).priority, 14)


@suite.check("If-None-Match changes nothing: 409 without If-Match, 200 with")
def _():
    put_refused(409, "ConfigurationAlreadyExists", body(MAIN), None, {"If-None-Match": "*"})
    before = etag_now()
    status, _, answer = put(body(MAIN), f'"{before}"', {"If-None-Match": "*"})
    same("status and etag", (status, answer.etag), (200, etag_after(before)))


@suite.check("PUT of a missing id with an etag, * or \"*\": 404")
def _():
    for if_match in ('"MQ=="', "MQ==", "*", '"*"'):
        put_refused(404, "ConfigurationNotFound", body(MISSING), if_match)


@suite.check('PUT of a missing id with If-Match "": it is created')
def _():
    status, header, _ = put(body(OTHER), '""')
    same("status and ETag", (status, header), (200, '"MQ=="'))
    call(configurations.delete_configuration, OTHER)


@suite.check("an update replaces what may change: labels and metrics that are missing go, priority becomes 0")
def _():
    answer = updated(lambda etag: f'"{etag}"', labels=None, priority=None, metrics=None, target_condition=CONDITION_TOO)
    same("labels and priority", (answer.labels, answer.priority), (None, 0))
    same("targetCondition", answer.target_condition, CONDITION_TOO)
    holds("no custom metric", not answer.metrics or not answer.metrics.queries)


@suite.check("an update whose body is the object read back, read-only fields and all: 200")
def _():
    current = call(configurations.get_configuration, MAIN)
    current.labels = {"read": "back"}
    answer = call(configurations.update_configuration, current, f'"{current.etag}"')
    same("labels and etag", (answer.labels, answer.etag), ({"read": "back"}, etag_after(current.etag)))


@suite.check("an update with other content: 200, and the old content stays")
def _():
    answer = updated(lambda etag: f'"{etag}"', content="base")
    same("content answered", answer.content.modules_content, CONTENTS["layered"]["modulesContent"])
    stored = call(configurations.get_configuration, MAIN)
    same("content stored", stored.content.modules_content, CONTENTS["layered"]["modulesContent"])


@suite.check("a body without content: 400, on create and on update")
def _():
    put_refused(400, "InvalidConfigurationContent", body(OTHER, content=None))
    put_refused(400, "InvalidConfigurationContent", body(MAIN, content=None), "*")


@suite.check("content with $edgeHub alone, or with a key beside properties.desired: 400")
def _():
    route = {"properties.desired.routes.r": "FROM /* INTO $upstream"}
    alone = ConfigurationContent(modules_content={"$edgeHub": route})
    put_refused(400, "InvalidConfigurationContent", Configuration(id=OTHER, content=alone))
    beside = ConfigurationContent(modules_content={"$edgeAgent": {}, "m1": {"desired": {}}})
    put_refused(400, "InvalidConfigurationContent", Configuration(id=OTHER, content=beside))


@suite.check("a target condition with IN, or on properties.desired: 400")
def _():
    conditions = (f"deviceId IN ['{PREFIX}a', '{PREFIX}b']", f"properties.desired.x = '{PREFIX}'", f'tags.x = "{PREFIX}"')
    for condition in conditions:
        put_refused(400, "InvalidConfigurationTargetCondition", body(OTHER, target_condition=condition))


@suite.check("a custom metric that is no query: 400")
def _():
    wrong = body(OTHER, metrics=ConfigurationMetrics(queries={"x": "SELEKT deviceId"}))
    put_refused(400, "InvalidConfigurationCustomMetricsQuery", wrong)


@suite.check("an id with a dot or in upper case: 400")
def _():
    for identifier in (PREFIX + "a.b", PREFIX + "A"):
        try:
            put(body(identifier))
        except HttpOperationError as error:  # with which code is not known
            same(f"status for {identifier}", status_of(error), 400)
        else:
            remove(identifier)
            holds(f"400 for {identifier}", False)


@suite.check("get: 200 with a quoted ETag header; a missing id: 404")
def _():
    answer = call(operations.get, MAIN, raw=True)
    same("ETag", answer.response.headers.get("ETag"), f'"{answer.output.etag}"')
    same("id", answer.output.id, MAIN)
    refused(404, "ConfigurationNotFound", configurations.get_configuration, MISSING)


@suite.check("list: ours is in it, with and without top")
def _():
    listed = {one.id: one for one in call(configurations.get_configurations)}
    holds(f"{MAIN} in the list", MAIN in listed)
    same("etag in the list", listed[MAIN].etag, etag_now())
    holds("a list with top=20", isinstance(call(configurations.get_configurations, 20), list))


@suite.check("testQueries: nothing to say of what is good")
def _():
    answer = call(configurations.test_configuration_queries,
                  ConfigurationQueriesTestInput(target_condition=CONDITION, custom_metric_queries={"ok": QUERY}))
    same("targetConditionError", answer.target_condition_error, None)
    holds(f"no metric error, and they are {answer.custom_metric_query_errors}",
          not any((answer.custom_metric_query_errors or {}).values()))


@suite.check("testQueries: errors come with 200; * is one")
def _():
    answer = call(configurations.test_configuration_queries,
                  ConfigurationQueriesTestInput(target_condition="nonsense(", custom_metric_queries={"x": "SELEKT"}))
    holds("an error of the target condition", answer.target_condition_error)
    holds("an error of the metric x", (answer.custom_metric_query_errors or {}).get("x"))
    answer = call(configurations.test_configuration_queries, ConfigurationQueriesTestInput(target_condition="*"))
    holds("an error of the target condition *", answer.target_condition_error)


@suite.check("an unknown api-version: 400")
def _():
    good = operations.api_version
    operations.api_version = "2001-01-01"
    try:
        refused(400, "InvalidProtocolVersion", configurations.get_configuration, MAIN)
    finally:
        operations.api_version = good


@suite.check("a wrong key: 401 IotHubUnauthorizedAccess; an expired token: 401 IotHubUnauthorized")
def _():
    wrong = base64.b64encode(b"0" * 32).decode()
    refused(401, "IotHubUnauthorizedAccess", operations.get, MAIN, token(key=wrong))
    refused(401, "IotHubUnauthorizedAccess", operations.get, MAIN, token(policy="nobody"))
    refused(401, "IotHubUnauthorized", operations.get, MAIN, token(lifetime=-3600))


@suite.check("delete with a stale etag: 412; with the current one: 204; of a missing id: 404")
def _():
    refused(412, "PreconditionFailed", configurations.delete_configuration, MAIN, '"MQ=="')
    answer = call(operations.delete, MAIN, f'"{etag_now()}"', raw=True)
    same("status", answer.response.status_code, 204)
    refused(404, "ConfigurationNotFound", configurations.get_configuration, MAIN)
    refused(404, "ConfigurationNotFound", configurations.delete_configuration, MAIN)


@suite.check("delete with *: 204; the id is free again, with the first etag")
def _():
    put(body(OTHER))
    same("status", call(operations.delete, OTHER, "*", raw=True).response.status_code, 204)
    same("etag", put(body(OTHER))[2].etag, "MQ==")
    call(configurations.delete_configuration, OTHER)
