"""The pure parts: expansion, environment, status, names, ports, volumes, quantities."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_local.kubelet import names, ports, status
from arena_local.kubelet.env import ConfigError, environment, resource_value
from arena_local.kubelet.expand import expand
from arena_local.kubelet.launch import repath
from arena_local.kubelet.model import Run, full_image, slots_of
from arena_local.kubelet.network import Network
from arena_local.kubelet.volumes import MountError, Volumes, host_path


class Objects:
    """Stands in for the API: objects by (resource, namespace, name)."""

    def __init__(self, **objects: dict[str, Any]) -> None:
        self.objects = objects

    def find(self, resource: str, namespace: str, name: str) -> Any:
        return self.objects.get(resource, {}).get(name)

    def list(self, resource: str, namespace: str = "", labels: dict[str, str] | None = None) -> list[Any]:
        found = [o for o in self.objects.get(resource, {}).values() if not namespace or o["metadata"]["namespace"] == namespace]
        return [o for o in found if (labels or {}).items() <= (o["metadata"].get("labels") or {}).items()]


def pod_of(**spec: Any) -> dict[str, Any]:
    meta = {
        "name": "p",
        "namespace": "ns",
        "uid": "u",
        "generation": 1,
        "labels": {"a": "1"},
        "annotations": {"volcano.sh/task-index": "4"},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


# What a real kubelet made of these words: recorded.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$", "$"),
        ("$(X)", "x"),
        ("$$(X)", "$(X)"),
        ("$X", "$X"),
        ("$(date)", "$(date)"),
        ("a$$b", "a$b"),
        ("$$$$", "$$"),
        ("$(NOPE)", "$(NOPE)"),
        ("${X}", "${X}"),
        ("$", "$"),
        ("$(X", "$(X"),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(text, {"X": "x"}) == expected


def test_environment_follows_the_order_of_the_spec() -> None:
    api = Objects(
        configmaps={"cm": {"data": {"a": "1", "b-c": "2"}}},
        secrets={"sec": {"data": {"k": base64.b64encode(b"v").decode()}}},
    )
    container = {
        "name": "c",
        "resources": {"limits": {"memory": "64Mi"}},
        "envFrom": [{"prefix": "F_", "configMapRef": {"name": "cm"}}, {"secretRef": {"name": "gone", "optional": True}}],
        "env": [
            {"name": "CM", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "a"}}},
            {"name": "OPT", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "zz", "optional": True}}},
            {"name": "SEC", "valueFrom": {"secretKeyRef": {"name": "sec", "key": "k"}}},
            {"name": "MEM", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
            {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": "INDEX", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['volcano.sh/task-index']"}}},
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "EXP", "value": "$(CM)-$(LATER)-$$(CM)"},
            {"name": "LATER", "value": "later"},
            {"name": "CM", "value": "dup"},
        ],
    }
    found = environment(api, pod_of(), container, {"podIP": "127.77.0.2", "node.cpu": "8"})  # type: ignore[arg-type]
    assert found == {
        "F_a": "1", "F_b-c": "2", "CM": "dup", "SEC": "v", "MEM": "64", "CPU": "8", "INDEX": "4", "IP": "127.77.0.2",
        "EXP": "1-$(LATER)-$(CM)", "LATER": "later",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMapKeyRef": {"name": "gone", "key": "a"}}, 'configmap "gone" not found'),
        ({"secretKeyRef": {"name": "gone", "key": "a"}}, 'secret "gone" not found'),
        ({"configMapKeyRef": {"name": "there", "key": "zz"}}, "couldn't find key zz in ConfigMap ns/there"),
        ({"secretKeyRef": {"name": "there", "key": "zz"}}, "couldn't find key zz in Secret ns/there"),
    ],
)
def test_what_is_missing_is_named_as_a_kubelet_does(source: dict[str, Any], message: str) -> None:
    api = Objects(configmaps={"there": {"data": {}}}, secrets={"there": {"data": {}}})
    with pytest.raises(ConfigError) as raised:
        environment(api, pod_of(), {"name": "c", "env": [{"name": "X", "valueFrom": source}]}, {})  # type: ignore[arg-type]
    assert str(raised.value) == message


def conditions(built: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c.get("reason", "")) for c in built["conditions"]}


def built(pod: dict[str, Any], *codes: int | None, **more: Any) -> dict[str, Any]:
    """The status of a pod whose containers have these exit codes (None: running)."""
    slots = slots_of(pod)
    for slot, code in zip(slots, codes, strict=False):
        slot.run = Run(0, "id", started="2026-01-01T00:00:00.1Z", exit_code=code, reason="Error" if code else "Completed")
        slot.ready = slot.started = code is None
    return status.build(pod, slots, now="2026-01-01T00:00:01Z", **more)


def test_running_and_ready() -> None:
    found = built(pod_of(), None, sandbox=True, ip="127.77.0.2")
    assert found["phase"] == "Running"
    assert conditions(found)["Ready"] == ("True", "")
    assert [c["type"] for c in found["conditions"]] == list(status.OWN_CONDITIONS)
    assert found["containerStatuses"][0]["state"] == {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


@pytest.mark.parametrize(
    ("policy", "codes", "phase"),
    [
        ("Never", (0,), "Succeeded"),
        ("Never", (3,), "Failed"),
        ("OnFailure", (3,), "Running"),
        ("OnFailure", (0,), "Succeeded"),
        ("Always", (0,), "Running"),
        ("Never", (3, None), "Running"),
        ("Never", (3, 0), "Failed"),
        ("Never", (0,), "Pending"),
    ],
)
def test_phase(policy: str, codes: tuple[int | None, ...], phase: str) -> None:
    containers = [{"name": f"c{i}", "image": "i"} for i in range(len(codes) + (phase == "Pending"))]
    assert built(pod_of(restartPolicy=policy, containers=containers), *codes)["phase"] == phase


def test_the_final_phase_is_held_back_but_conditions_tell() -> None:
    pod = pod_of(restartPolicy="Never")
    pod["status"] = {"phase": "Running"}
    found = built(pod, 0, held=True, sandbox=True)
    assert found["phase"] == "Running"
    assert conditions(found)["Ready"] == ("False", "PodCompleted")
    assert conditions(found)["Initialized"] == ("True", "PodCompleted")


def test_a_failed_init_container_fails_the_pod() -> None:
    pod = pod_of(restartPolicy="Never", initContainers=[{"name": "i1", "image": "i"}, {"name": "i2", "image": "i"}])
    found = built(pod, 1)
    assert found["phase"] == "Failed"
    assert conditions(found)["Initialized"] == ("False", "ContainersNotInitialized")
    assert found["containerStatuses"][0]["state"] == {"waiting": {"reason": "PodInitializing"}}


def test_times_of_conditions_change_only_with_their_status() -> None:
    pod = pod_of(restartPolicy="Never")
    pod["status"] = built(pod, None, sandbox=True)
    later = built(pod, 0, sandbox=False)
    moved = {c["type"]: c["lastTransitionTime"] for c in later["conditions"]}
    assert set(moved.values()) == {"2026-01-01T00:00:01Z"}
    pod["status"]["conditions"].insert(0, {"type": "DisruptionTarget", "status": "True"})
    assert built(pod, 0)["conditions"][0]["type"] == "DisruptionTarget"


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("me/x:1", "docker.io/me/x:1"),
        ("localhost:5/x", "localhost:5/x:latest"),
        ("a.b/c@sha256:1", "a.b/c@sha256:1"),
    ],
)
def test_image_names(image: str, full: str) -> None:
    assert full_image(image) == full


@pytest.mark.parametrize(
    ("asked", "divisor", "told"), [("1500m", "1", "2"), ("1500m", "1m", "1500"), ("1Gi", "1Mi", "1024"), ("2", "0", "2"), ("2", None, "2")]
)
def test_resources_in_the_environment_are_rounded_up_in_units_of_the_divisor(asked: str, divisor: str | None, told: str) -> None:
    container = {"name": "c", "resources": {"limits": {"cpu": asked}}}
    pod = {"spec": {"containers": [container]}}
    assert resource_value(pod, container, {"resource": "limits.cpu", "divisor": divisor}, {}) == told


def service(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"selector": {"app": name}, "clusterIP": "None", **spec}}


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[names.Addresses]:
    network = Network(str(tmp_path))
    yield names.Addresses(network)
    network.release()


def backend(name: str, namespace: str, address: str, ready: bool, **spec: Any) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    meta = {"name": name, "namespace": namespace, "uid": name, "labels": {"app": "svc"}}
    return {"metadata": meta, "spec": spec, "status": {"podIP": address, "phase": "Running", "conditions": conditions}}


def test_a_service_resolves_to_its_ready_pods(pool: names.Addresses) -> None:
    api = Objects(
        services={"svc": service("svc", "ns")},
        pods={"a": backend("a", "ns", "127.77.0.2", True, hostname="h", subdomain="svc"), "b": backend("b", "ns", "127.77.0.3", False)},
    )
    inside, outside = names.Names(api, pool).table("ns"), names.Names(api, pool).table("other")  # type: ignore[arg-type]
    assert inside["svc"] == inside["svc.ns.svc.cluster.local"] == ["127.77.0.2"]
    assert inside["h.svc"] == ["127.77.0.2"]
    assert "svc" not in outside
    assert outside["svc.ns"] == ["127.77.0.2"]
    assumed = names.Names(api, pool).table("ns", assume=True)  # type: ignore[arg-type]
    assert assumed["svc"] == ["127.77.0.2", "127.77.0.3"]


def test_a_service_without_pods_has_an_address_only_where_it_must(pool: names.Addresses) -> None:
    api = Objects(services={"svc": service("svc", "ns")}, pods={})
    assert "svc" not in names.Names(api, pool).table("ns")  # type: ignore[arg-type]
    assert names.Names(api, pool).table("ns", assume=True)["svc"][0] == pool.network.service("ns", "svc")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("svc", "127.77.0.2"),
        ("svc:23456", "127.77.0.2:23456"),
        ("http://svc.ns.svc:80/x", "http://127.77.0.2:80/x"),
        ("my svc here", "my svc here"),
        ('{"cluster": {"worker": ["svc.ns.svc:2222"]}}', '{"cluster": {"worker": ["127.77.0.2:2222"]}}'),
        ("svc:notaport", "svc:notaport"),
    ],
)
def test_names_are_rewritten_only_where_they_are_meant(text: str, expected: str) -> None:
    table = {"svc": ["127.77.0.2"], "svc.ns.svc": ["127.77.0.2"]}
    assert names.rewrite(text, table) == expected


def test_mount_paths_are_rewritten_as_words() -> None:
    assert repath("ls /data/x --out=/data && cat /database", {"/data": "/v"}) == "ls /v/x --out=/v && cat /database"


def test_addresses_are_unique_and_kept(pool: names.Addresses) -> None:
    assert pool.of("a", "127.77.3.3") == "127.77.3.3"
    assert len({pool.of(str(i)) for i in range(600)}) == 600
    assert pool.of("a") == "127.77.3.3"


def test_two_jobs_with_one_port_get_two() -> None:
    pool = ports.Ports()
    one = {"MASTER_ADDR": "one-master-0", "MASTER_PORT": "23456", "PET_RDZV_ENDPOINT": "one-master-0:23456"}
    two = {"MASTER_ADDR": "two-master-0.ns.svc", "MASTER_PORT": "23456"}
    given = []
    for uid, env in (("m1", one), ("w1", one), ("m2", two)):
        mapping = {place: pool.use(uid, place) for _, place in ports.places(pod_of(), env)}
        given.append(ports.replace(pod_of(), env, mapping))
    assert given[0] == given[1]
    assert given[0]["PET_RDZV_ENDPOINT"] == f"one-master-0:{given[0]['MASTER_PORT']}"
    assert given[2]["MASTER_PORT"] != given[0]["MASTER_PORT"]


def test_tf_config_gets_a_port_per_task() -> None:
    pool = ports.Ports()
    env = {"TF_CONFIG": '{"cluster":{"ps":["j-ps-0.ns.svc:2222"],"worker":["j-worker-0.ns.svc:2222","j-worker-1.ns.svc:2222"]}}'}
    mapping = {place: pool.use("u", place) for _, place in ports.places(pod_of(), env)}
    assert len(set(mapping.values())) == 3
    replaced = ports.replace(pod_of(), env, mapping)["TF_CONFIG"]
    assert all(f":{port}" in replaced for port in mapping.values())


def test_two_clusters_of_one_machine_never_give_the_same_port() -> None:
    one, two = ports.Ports(), ports.Ports()
    place = ports.Place("ns", "j-worker-0.j", 23987)
    given = one.use("a", place)
    assert two.use("b", place) != given
    one.release("a")
    again = ports.Place("ns", "k-worker-0.k", given)
    assert two.use("c", again) == given, "a port that is given back can be had again"


def test_volumes_stay_inside(tmp_path: Path) -> None:
    api = Objects(configmaps={"cm": {"data": {"k": "v", "l": "w"}, "binaryData": {"b": base64.b64encode(b"\xff").decode()}}})
    spec = {"name": "v", "configMap": {"name": "cm", "items": [{"key": "k", "path": "../../out"}]}}
    pod = pod_of(volumes=[spec])
    with pytest.raises(MountError, match="leads outside"):
        Volumes(api, pod, tmp_path / "v", tmp_path / "c", {}).prepare()  # type: ignore[arg-type]
    spec["configMap"] = {"name": "cm", "defaultMode": 0o400}
    made = Volumes(api, pod, tmp_path / "v", tmp_path / "c", {}).prepare()  # type: ignore[arg-type]
    assert {p.name: p.read_bytes() for p in Path(made["v"]).iterdir() if p.is_file()} == {"k": b"v", "l": b"w", "b": b"\xff"}
    assert (Path(made["v"]) / "k").stat().st_mode & 0o777 == 0o400


def test_host_path_types(tmp_path: Path) -> None:
    assert host_path({"path": str(tmp_path / "new")}) == str(tmp_path / "new")
    assert (tmp_path / "new").is_dir()
    with pytest.raises(ConfigError, match=r"hostPath type check failed: .*/gone is not a directory"):
        host_path({"path": str(tmp_path / "gone"), "type": "Directory"})
    with pytest.raises(ConfigError, match="is not a file"):
        host_path({"path": str(tmp_path), "type": "File"})


def test_rewriting_knows_pods_that_have_yet_to_start(pool: names.Addresses) -> None:
    pods = [
        {
            "metadata": {"name": f"w-{n}", "namespace": "ns", "uid": f"u{n}"},
            "spec": {"hostname": f"w-{n}", "subdomain": "svc"},
            "status": {},
        }
        for n in range(2)
    ]
    services = [{"metadata": {"name": "svc", "namespace": "ns"}, "spec": {}}]

    class Objects:
        def list(self, resource: str, *_: object) -> list[dict[str, object]]:
            return {"pods": pods, "services": services}[resource]  # type: ignore[return-value]

    table = names.Names(Objects(), pool).table("ns", assume=True)  # type: ignore[arg-type]
    assert table["w-0.svc"] == [pool.of("u0")]
    assert names.rewrite("w-0.svc,w-1.svc:22", table) == f"{pool.of('u0')},{pool.of('u1')}:22"
    assert "w-0.svc" not in names.Names(Objects(), pool).table("ns")  # type: ignore[arg-type]


def test_files_of_a_volume_change_all_at_once(tmp_path: Path) -> None:
    objects = {"cm": {"data": {"k": "v", "l": "w"}}}
    api, pod = Objects(configmaps=objects), pod_of(volumes=[{"name": "v", "configMap": {"name": "cm"}}])
    folder = Path(Volumes(api, pod, tmp_path / "v", tmp_path / "c", {}).prepare()["v"])  # type: ignore[arg-type]
    first = (folder / "..data").resolve()
    assert (folder / "k").readlink() == Path("..data/k") and first.parent == folder
    Volumes(api, pod, tmp_path / "v", tmp_path / "c", {}).prepare()  # type: ignore[arg-type]
    assert (folder / "..data").resolve() == first, "nothing changed"
    objects["cm"] = {"data": {"k": "other", "m": "new"}}
    Volumes(api, pod, tmp_path / "v", tmp_path / "c", {}).prepare()  # type: ignore[arg-type]
    assert {p.name: p.read_text() for p in folder.iterdir() if p.is_file()} == {"k": "other", "m": "new"}
    assert not first.exists()
