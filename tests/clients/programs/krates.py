"""kr8s: create, wait, logs, exec, patch, list, delete. ``krates.py KUBECONFIG NAMESPACE``."""

import json
import sys
import time

import kr8s
from kr8s.objects import ConfigMap, Pod

kubeconfig, namespace = sys.argv[1:]
api = kr8s.api(kubeconfig=kubeconfig, namespace=namespace)
said = {"server": api.version()["gitVersion"]}
container = {"name": "c", "image": "x", "command": ["sh", "-c", "echo started; exec sleep 600"]}
pod = Pod(
    {"metadata": {"name": "p", "namespace": namespace}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}, api=api
)
pod.create()
pod.wait("condition=Ready", timeout=20)
while not (log := list(pod.logs())):  # it is ready, and has perhaps not written yet
    time.sleep(0.05)
said["log"] = log
said["exec"] = pod.exec(["sh", "-c", "echo hi"]).stdout.decode()
pod.label({"a": "b"})
said["listed"] = [p.name for p in api.get("pods", namespace=namespace, label_selector="a=b")]
config = ConfigMap({"metadata": {"name": "c", "namespace": namespace}, "data": {"a": "1"}}, api=api)
config.create()
config.patch({"data": {"a": "2"}})
said["patched"] = ConfigMap.get("c", namespace=namespace, api=api).raw["data"]
said["widgets"] = [w.name for w in api.get("widgets.matrix.example.com", namespace=namespace)]
pod.delete(grace_period=0)
pod.wait("delete", timeout=20)
said["left"] = [p.name for p in api.get("pods", namespace=namespace)]
print(json.dumps(said))
