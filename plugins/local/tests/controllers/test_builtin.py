from __future__ import annotations

import pytest

from arena_local.controllers import build
from arena_local.sdk.bundle import ApiError


def deployment(replicas=2, **template_meta):
    template = {"metadata": {"labels": {"app": "d"}, **template_meta}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "default"}, "spec": spec}


def test_deployment_rolls_out_scales_and_goes(world):
    async def story():
        api = world.api
        api.create(deployment(), manager="t")

        def complete():
            found = world.conditions("deployments.apps", "d")
            return found.get("Progressing", ("",) * 2)[1] == "NewReplicaSetAvailable" and found["Available"][0] == "True"

        await world.until(complete)
        first = api.list("replicasets.apps", "default")[0]["metadata"]
        assert first["annotations"]["deployment.kubernetes.io/revision"] == "1"
        assert world.conditions("deployments.apps", "d")["Progressing"][2] == f'ReplicaSet "{first["name"]}" has successfully progressed.'
        api.patch("deployments.apps", "default", "d", {"spec": {"replicas": 1}}, manager="t")
        await world.until(lambda: len(world.pods()) == 1)
        api.patch("deployments.apps", "default", "d", {"spec": {"template": {"metadata": {"annotations": {"v": "2"}}}}}, manager="t")
        await world.until(lambda: [pod["metadata"].get("annotations") for pod in world.pods()] == [{"v": "2"}])
        await world.quiet()
        texts = [message for reason, message in world.events("Deployment", "d") if reason == "ScalingReplicaSet"]
        assert f"Scaled up replica set {first['name']} from 0 to 2" in texts
        assert f"Scaled down replica set {first['name']} from 1 to 0" in texts
        api.delete("deployments.apps", "default", "d", manager="t")
        await world.until(lambda: not world.pods() and not api.list("replicasets.apps", "default"))

    world.run(story())


def test_a_paused_deployment_says_so_and_goes_on_later(world):
    async def story():
        api = world.api

        def progress():
            return world.conditions("deployments.apps", "d").get("Progressing", ("",) * 3)

        api.create(deployment(), manager="t")
        await world.until(lambda: progress()[1] == "NewReplicaSetAvailable")
        api.patch("deployments.apps", "default", "d", {"spec": {"paused": True}}, manager="t")
        await world.until(lambda: progress() == ("Unknown", "DeploymentPaused", "Deployment is paused"))
        api.patch("deployments.apps", "default", "d", {"spec": {"template": {"metadata": {"annotations": {"v": "2"}}}}}, manager="t")
        await world.quiet()
        assert len(api.list("replicasets.apps", "default")) == 1
        seen = []
        end = api.subscribe(lambda event, resource, new, old: seen.append(progress()[1]) if resource == "deployments.apps" else None)
        api.patch("deployments.apps", "default", "d", {"spec": {"paused": False}}, manager="t")
        await world.until(lambda: progress()[1] == "NewReplicaSetAvailable" and len(api.list("replicasets.apps", "default")) == 2)
        end()
        assert "DeploymentResumed" in seen

    world.run(story())


def test_endpoints_follow_readiness(world):
    async def story():
        spec = {"clusterIP": "None", "selector": {"app": "d"}, "ports": [{"port": 80}]}
        world.api.create(
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"}, "spec": spec}, manager="t"
        )
        world.api.create(deployment(), manager="t")

        def ips(resource, field):
            found = [item for item in world.api.list(resource, "default") if item["metadata"]["name"].startswith("s")]
            return found and sorted(ip for item in found for part in item.get(field) or () for ip in _addresses(part))

        await world.until(lambda: len(ips("endpoints", "subsets") or ()) == 2)
        await world.until(lambda: ips("endpointslices.discovery.k8s.io", "endpoints") == ips("endpoints", "subsets"))
        await world.quiet()
        world.api.delete("deployments.apps", "default", "d", manager="t")
        await world.until(lambda: ips("endpoints", "subsets") == [])

    world.run(story())


def _addresses(part):
    return [item if isinstance(item, str) else item["ip"] for item in part.get("addresses") or ()]


def test_quota_refuses_and_counts(world, job):
    async def story():
        build(world.context)
        quota = {"metadata": {"name": "q", "namespace": "default"}, "spec": {"hard": {"pods": "1"}}}
        world.api.create({"apiVersion": "v1", "kind": "ResourceQuota", **quota}, manager="t")
        world.api.create(job(parallelism=2, completions=2), manager="t")
        await world.until(lambda: world.api.get("resourcequotas", "default", "q").get("status", {}).get("used") == {"pods": "1"})
        await world.until(lambda: any(reason == "FailedCreate" for reason, _ in world.events("Job", "j")))
        text = next(text for reason, text in world.events("Job", "j") if reason == "FailedCreate")
        assert text.endswith("is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1")
        world.api.patch("jobs.batch", "default", "j", {"spec": {"parallelism": 1}}, manager="t")
        await world.quiet()
        pod = {"metadata": {"name": "p", "namespace": "default"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        with pytest.raises(ApiError) as refused:
            world.api.create({"apiVersion": "v1", "kind": "Pod", **pod}, manager="t")
        assert refused.value.code == 403

    world.run(story())


def test_a_controller_that_breaks_stops_no_other(make_world, job):
    world = make_world()

    class Broken:
        name, resource, owns, watches = "broken", "jobs.batch", (), {}
        calls = 0

        def reconcile(self, namespace, name):
            self.calls += 1
            raise RuntimeError("boom")

    broken = Broken()
    from arena_local.controllers.manager import Manager

    world.manager = Manager(world.api, [broken, *(worker.controller for worker in world.manager._workers)])
    world.node.codes = lambda pod: (0, 0)

    async def story():
        world.api.create(job(), manager="t")
        await world.until(lambda: "Complete" in world.conditions("jobs.batch", "j") and broken.calls > 3)

    world.run(story())
