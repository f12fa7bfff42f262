"""kubernetes-asyncio: CRUD, watch, logs, exec. ``asyncio_client.py KUBECONFIG NAMESPACE``."""

import asyncio
import json
import sys

from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.stream import WsApiClient

kubeconfig, namespace = sys.argv[1:]
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "c", "image": "x", "command": ["sh", "-c", "echo started; exec sleep 600"]}],
    },
}


async def main():
    said = {}
    await config.load_kube_config(kubeconfig)
    async with client.ApiClient() as api:
        core = client.CoreV1Api(api)
        await core.create_namespaced_pod(namespace, POD)
        async with watch.Watch() as watcher:
            async for event in watcher.stream(core.list_namespaced_pod, namespace, timeout_seconds=20):
                if event["object"].status.phase == "Running":
                    break
        while not (log := await core.read_namespaced_pod_log("p", namespace)):  # it runs, and has perhaps not written yet
            await asyncio.sleep(0.05)
        said["log"] = log.strip()
        said["listed"] = [p.metadata.name for p in (await core.list_namespaced_pod(namespace)).items]
        said["labels"] = (await core.patch_namespaced_pod("p", namespace, {"metadata": {"labels": {"a": "b"}}})).metadata.labels
        try:
            await core.read_namespaced_pod("none", namespace)
        except client.ApiException as error:
            said["missing"] = error.status
    async with WsApiClient() as sockets:
        said["exec"] = await client.CoreV1Api(sockets).connect_get_namespaced_pod_exec(
            "p", namespace, command=["sh", "-c", "echo hi"], stdout=True, stderr=True, stdin=False, tty=False
        )
    async with client.ApiClient() as api:
        core = client.CoreV1Api(api)
        await core.delete_namespaced_pod("p", namespace, grace_period_seconds=0)
        said["left"] = len((await core.list_namespaced_pod(namespace)).items)
    print(json.dumps(said))


asyncio.run(main())
