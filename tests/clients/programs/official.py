"""The official client: typed models, dynamic client, watch, exec, logs. ``official.py KUBECONFIG NAMESPACE``."""

import json
import socket
import sys
import time

import kubernetes
from kubernetes import client, config, dynamic, watch
from kubernetes.stream import portforward, stream

kubeconfig, namespace = sys.argv[1:]
config.load_kube_config(kubeconfig)
core, apps, batch, custom = client.CoreV1Api(), client.AppsV1Api(), client.BatchV1Api(), client.CustomObjectsApi()
said = {"version": kubernetes.__version__}

container = client.V1Container(name="c", image="local", command=["sh", "-c", "echo started; exec sleep 600"])
spec = client.V1PodSpec(containers=[container], termination_grace_period_seconds=1)
pod = client.V1Pod(api_version="v1", kind="Pod", metadata=client.V1ObjectMeta(name="p", labels={"a": "b"}), spec=spec)
before = core.list_namespaced_pod(namespace).metadata.resource_version
created = core.create_namespaced_pod(namespace, pod)
assert created.metadata.uid and created.status.phase == "Pending"
seen = []
watcher = watch.Watch()
# From before it was made: a watch that begins later has one event alone of a pod that runs by then.
where = {"field_selector": "metadata.name=p", "resource_version": before, "timeout_seconds": 20}
for event in watcher.stream(core.list_namespaced_pod, namespace, **where):
    seen.append(event["type"])
    assert isinstance(event["object"], client.V1Pod)
    if event["object"].status.phase == "Running":
        watcher.stop()
said["events"] = sorted(set(seen))
lines = core.read_namespaced_pod_log("p", namespace, follow=True, timestamps=True, tail_lines=1, _preload_content=False)
said["log"] = next(iter(lines.stream())).decode().split()[1]
lines.close()
assert core.read_namespaced_pod_log("p", namespace, follow=False).strip() == "started"
said["exec"] = stream(
    core.connect_get_namespaced_pod_exec, "p", namespace, command=["sh", "-c", "echo hi"], stdout=True, stderr=True, stdin=False, tty=False
)
channel = stream(
    core.connect_get_namespaced_pod_exec,
    "p",
    namespace,
    command=["sh", "-c", "exit 7"],
    stdout=True,
    stderr=True,
    stdin=False,
    tty=False,
    _preload_content=False,
)
channel.run_forever(timeout=10)
said["exit code"] = channel.returncode
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = client.V1Container(
    name="c", image="local", command=["python3", "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", "/proc/self/ns"]
)
listening = client.V1PodSpec(containers=[server], termination_grace_period_seconds=1)
core.create_namespaced_pod(namespace, client.V1Pod(metadata=client.V1ObjectMeta(name="web"), spec=listening))
for event in watch.Watch().stream(core.list_namespaced_pod, namespace, field_selector="metadata.name=web", timeout_seconds=20):
    if event["object"].status.phase == "Running":
        break
for _ in range(50):
    forward = portforward(core.connect_get_namespaced_pod_portforward, "web", namespace, ports=str(port))
    pipe = forward.socket(port)
    pipe.settimeout(5)
    try:
        pipe.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
        answer = pipe.recv(100)
    except OSError:
        answer = b""
    pipe.close()
    if answer:
        said["forwarded"] = answer.decode().split()[1]
        break
    time.sleep(0.2)
try:
    core.read_namespaced_pod("none", namespace)
except client.ApiException as error:
    said["missing"] = [error.status, json.loads(error.body)["reason"]]
try:
    core.create_namespaced_pod(namespace, pod)
except client.ApiException as error:
    said["exists"] = [error.status, json.loads(error.body)["reason"]]

labels = {"app": "d"}
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container], termination_grace_period_seconds=1)
)
deployment = client.V1Deployment(
    metadata=client.V1ObjectMeta(name="d"),
    spec=client.V1DeploymentSpec(replicas=1, selector=client.V1LabelSelector(match_labels=labels), template=template),
)
apps.create_namespaced_deployment(namespace, deployment)
assert apps.patch_namespaced_deployment("d", namespace, {"metadata": {"annotations": {"q": "1"}}}).metadata.annotations["q"] == "1"
said["replicas"] = apps.patch_namespaced_deployment_scale("d", namespace, {"spec": {"replicas": 2}}).spec.replicas
once = client.V1PodTemplateSpec(
    spec=client.V1PodSpec(restart_policy="Never", containers=[client.V1Container(name="c", image="local", command=["true"])])
)
batch.create_namespaced_job(namespace, client.V1Job(metadata=client.V1ObjectMeta(name="j"), spec=client.V1JobSpec(template=once)))
for event in watch.Watch().stream(batch.list_namespaced_job, namespace, timeout_seconds=20):
    if event["object"].status.succeeded:
        said["job"] = event["object"].status.conditions[-1].type
        break

group = ("matrix.example.com", "v1", namespace, "widgets")
widget = {"apiVersion": "matrix.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
custom.create_namespaced_custom_object(*group, widget)
said["patched"] = custom.patch_namespaced_custom_object(*group, "w", {"spec": {"size": 4}})["spec"]
found = custom.get_namespaced_custom_object(*group, "w")
found["spec"]["size"] = 6
custom.replace_namespaced_custom_object(*group, "w", found)
said["status"] = custom.patch_namespaced_custom_object_status(*group, "w", {"status": {"phase": "x"}})["status"]
said["listed"] = len(custom.list_namespaced_custom_object(*group, label_selector="!nope", limit=1)["items"])
said["watched"] = [e["type"] for e in watch.Watch().stream(custom.list_namespaced_custom_object, *group, timeout_seconds=1)]
try:
    custom.create_namespaced_custom_object(*group, {**widget, "metadata": {"name": "bad"}, "spec": {"size": 0}})
except client.ApiException as error:
    said["invalid"] = [error.status, json.loads(error.body)["details"]["causes"][0]["field"]]
custom.delete_namespaced_custom_object(*group, "w")

dyn = dynamic.DynamicClient(client.ApiClient())
widgets = dyn.resources.get(api_version="matrix.example.com/v1", kind="Widget")
said["dynamic"] = widgets.create(namespace=namespace, body={**widget, "metadata": {"name": "d1"}}).spec.size
applied = {**widget, "metadata": {"name": "d2"}, "spec": {"size": 3}}
said["applied"] = widgets.server_side_apply(namespace=namespace, body=applied, field_manager="py").spec.size
said["pods by dynamic client"] = [
    p.metadata.name for p in dyn.resources.get(api_version="v1", kind="Pod").get(namespace=namespace, label_selector="a=b").items
]

review = client.V1SelfSubjectAccessReview(
    spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=client.V1ResourceAttributes(verb="create", resource="pods"))
)
said["allowed"] = client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed
said["server"] = client.VersionApi().get_code().git_version
core.delete_namespaced_pod("p", namespace, grace_period_seconds=0)

# Every object that the server returns fits the typed models (which refuse what they require and do not get). Not asked for: events.k8s.io/v1,
# whose model requires eventTime, which is null in every event of the older API, on a real cluster, too.
typed = {
    "nodes": core.list_node,
    "namespaces": core.list_namespace,
    "events": core.list_event_for_all_namespaces,
    "pods": core.list_pod_for_all_namespaces,
    "services": core.list_service_for_all_namespaces,
    "endpoints": core.list_endpoints_for_all_namespaces,
    "configmaps": core.list_config_map_for_all_namespaces,
    "secrets": core.list_secret_for_all_namespaces,
    "serviceaccounts": core.list_service_account_for_all_namespaces,
    "claims": core.list_persistent_volume_claim_for_all_namespaces,
    "quotas": core.list_resource_quota_for_all_namespaces,
    "deployments": apps.list_deployment_for_all_namespaces,
    "replicasets": apps.list_replica_set_for_all_namespaces,
    "jobs": batch.list_job_for_all_namespaces,
    "crds": client.ApiextensionsV1Api().list_custom_resource_definition,
    "priorities": client.SchedulingV1Api().list_priority_class,
    "slices": client.DiscoveryV1Api().list_endpoint_slice_for_all_namespaces,
    "policies": client.NetworkingV1Api().list_network_policy_for_all_namespaces,
    "api groups": lambda: client.ApisApi().get_api_versions(),
    "apps resources": lambda: apps.get_api_resources(),
    "scale": lambda: apps.read_namespaced_deployment_scale("d", namespace),
    "leases": client.CoordinationV1Api().list_lease_for_all_namespaces,
    "roles": client.RbacAuthorizationV1Api().list_role_for_all_namespaces,
    "autoscalers": client.AutoscalingV2Api().list_horizontal_pod_autoscaler_for_all_namespaces,
}
said["typed"] = {}
for name, call in typed.items():
    try:
        answer = call()
        said["typed"][name] = len(getattr(answer, "items", None) or [answer])
        client.ApiClient().sanitize_for_serialization(answer)
    except client.ApiException as error:
        said["typed"][name] = f"{error.status} {error.reason}"
    except Exception as error:
        said["typed"][name] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
