"""lightkube: CRUD, patch, watch, server-side apply, logs. ``light.py KUBECONFIG NAMESPACE``."""

import json
import sys
import time

from lightkube import ApiError, Client, KubeConfig
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models.core_v1 import Container, PodSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Pod

kubeconfig, namespace = sys.argv[1:]
client = Client(config=KubeConfig.from_file(kubeconfig), namespace=namespace, field_manager="light")
said = {}
command = ["sh", "-c", "echo started; exec sleep 600"]
client.create(
    Pod(
        metadata=ObjectMeta(name="p"),
        spec=PodSpec(terminationGracePeriodSeconds=1, containers=[Container(name="c", image="x", command=command)]),
    )
)
for _, pod in client.watch(Pod, fields={"metadata.name": "p"}, server_timeout=20):
    if pod.status.phase == "Running":
        break
while not (log := list(client.log("p"))):  # it runs, and has perhaps not written yet
    time.sleep(0.05)
said["log"] = [line.strip() for line in log]
said["labels"] = client.patch(Pod, "p", {"metadata": {"labels": {"a": "b"}}}).metadata.labels
said["listed"] = [p.metadata.name for p in client.list(Pod, labels={"a": "b"})]
meta = {"name": "c"}
client.apply(ConfigMap.from_dict({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "1", "b": "2"}}))
said["applied"] = client.apply(ConfigMap.from_dict({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "3"}})).data
try:
    client.apply(
        ConfigMap.from_dict({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "4"}}), field_manager="other"
    )
except ApiError as error:
    said["conflict"] = error.status.code
Widget = create_namespaced_resource("matrix.example.com", "v1", "Widget", "widgets")
said["widget"] = client.create(Widget(metadata=ObjectMeta(name="w"), spec={"size": 2})).spec
client.delete(Pod, "p", grace_period=0)
said["left"] = [p.metadata.name for p in client.list(Pod)]
print(json.dumps(said))
