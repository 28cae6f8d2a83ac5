/* Objects for the tests of translation, written as YAML. */
#ifndef TESTS_UNIT_TRANSLATE_OBJECTS_H
#define TESTS_UNIT_TRANSLATE_OBJECTS_H

#include "common/cleanup.h"
#include "common/json.h"
#include "common/strbuf.h"
#include "common/yaml.h"
#include "translate/field_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The first document. */
static inline cJSON *object_from(const char *yaml)
{
    cleanup_error struct error error = {NULL};
    cleanup_json cJSON *documents = NULL;

    if (yaml_parse(yaml, strlen(yaml), &documents, &error) < 0)
        fail_msg("%s", error_message(&error));
    return cJSON_DetachItemFromArray(documents, 0);
}

/* The whole list of errors as one text. */
static inline void assert_errors(const struct findings *findings, const char *expected)
{
    cleanup_free char *summary = findings_summary(findings);

    assert_string_equal(summary, expected);
}

/* As the API server stores a complete edge Deployment that lacks nothing. The macros in it can be replaced. */
#define EDGE_METADATA "metadata: {name: web, namespace: shop}\n"
#define EDGE_STRATEGY "  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 100%}}\n"
#define EDGE_ANNOTATIONS                                                                                               \
    "        isEdgeDeployment: 'true'\n"                                                                               \
    "        targetCondition: tags.site='north'\n"                                                                     \
    "        priority: '15'\n"                                                                                         \
    "        loggingOptions: ''\n"                                                                                     \
    "        sidecar.istio.io/inject: 'false'\n"
#define EDGE_SELECTOR "      nodeSelector: {type: virtual-kubelet}\n"
#define EDGE_TOLERATIONS                                                                                               \
    "      tolerations:\n"                                                                                             \
    "      - {key: virtual-kubelet.io/provider, operator: Equal, value: iotedge, effect: NoSchedule}\n"                \
    "      - {key: iot-edge-connector/edge, operator: Exists, effect: NoSchedule}\n"                                   \
    "      - {key: node.kubernetes.io/network-unavailable, operator: Exists, effect: NoSchedule}\n"                    \
    "      - {key: node.kubernetes.io/not-ready, operator: Exists}\n"                                                  \
    "      - {key: node.kubernetes.io/unreachable, operator: Exists}\n"
#define EDGE_AFFINITY                                                                                                  \
    "      affinity:\n"                                                                                                \
    "        podAntiAffinity:\n"                                                                                       \
    "          requiredDuringSchedulingIgnoredDuringExecution:\n"                                                      \
    "          - {labelSelector: {matchLabels: {app: web}}, topologyKey: kubernetes.io/hostname}\n"
#define EDGE_GATES      "      schedulingGates: [{name: iot-edge-connector/placement}]\n"
#define EDGE_CONTAINERS "      containers: [{name: sensor, image: 'registry.example/sensor:1.2'}]\n"
#define EDGE_FILLED_IN                                                                                                 \
    "      restartPolicy: Always\n"                                                                                    \
    "      terminationGracePeriodSeconds: 30\n"                                                                        \
    "      dnsPolicy: ClusterFirst\n"                                                                                  \
    "      securityContext: {}\n"                                                                                      \
    "      schedulerName: default-scheduler\n"

#define EDGE_DEPLOYMENT(metadata, strategy, annotations, pod)                                                          \
    "apiVersion: apps/v1\n"                                                                                            \
    "kind: Deployment\n" metadata "spec:\n"                                                                            \
    "  replicas: 1\n"                                                                                                  \
    "  selector: {matchLabels: {app: web}}\n"                                                                          \
    "  progressDeadlineSeconds: 3600\n" strategy "  template:\n"                                                       \
    "    metadata:\n"                                                                                                  \
    "      labels: {app: web}\n"                                                                                       \
    "      annotations:\n" annotations "    spec:\n" pod EDGE_FILLED_IN

#define EDGE_PLACEMENT EDGE_SELECTOR EDGE_TOLERATIONS EDGE_AFFINITY EDGE_GATES
#define EDGE_COMPLETE  EDGE_DEPLOYMENT(EDGE_METADATA, EDGE_STRATEGY, EDGE_ANNOTATIONS, EDGE_PLACEMENT EDGE_CONTAINERS)

#endif
