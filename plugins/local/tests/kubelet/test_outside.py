"""S15: no pod makes folders or files on the machine outside of its own volumes, whatever its paths say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_local.context import Options
from arena_local.kubelet.env import ConfigError
from arena_local.kubelet.volumes import host_path, inside, mounts_of, write_files
from arena_local.testing import LocalCluster, make_pod


@pytest.fixture(scope="module", params=["auto", "rewrite"])
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    with LocalCluster.start(Options(names=request.param)) as found:
        yield found


@pytest.mark.parametrize("place", ["/var/tmp", "/tmp"])
def test_paths_of_a_container_leave_nothing_on_the_machine(cluster: LocalCluster, tmp_path: Path, place: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir=place) as name:
        there = Path(name)
        mount = {"volumeMounts": [{"name": "v", "mountPath": f"{there}/mounted/deep"}, {"name": "v", "mountPath": f"/w/../{there}/dots"}]}
        more: dict[str, Any] = {"workingDir": f"{there}/work/deep", "terminationMessagePath": f"{there}/message"}
        ns = cluster.namespace("outside")
        cluster.create(make_pod(ns, "p", "pwd", container=mount | more, volumes=[{"name": "v", "emptyDir": {}}]))
        cluster.wait_phase(ns, "p", "Succeeded", "Failed", timeout=40)
        assert [str(path) for path in there.rglob("*")] == []


@pytest.mark.parametrize("path", ["../x", "relative", "/a/../../etc", "/tmp/a\0b"])
def test_a_host_path_is_absolute_and_plain(path: str) -> None:
    with pytest.raises(ConfigError, match="absolute path"):
        host_path({"path": path, "type": "DirectoryOrCreate"})


@pytest.mark.parametrize("name", [".", "..", "../x", "a/../../x", "..data", "a/.", "", "/"])
def test_names_of_files_stay_in_the_volume(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        write_files(tmp_path / "v", {name: (b"x", None)}, 0o644)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_nul_in_a_sub_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="NUL"):
        inside(tmp_path, "a\0b")


def test_targets_are_normal() -> None:
    mounts = [{"name": "v", "mountPath": path} for path in ("/w/../../etc/x", "../../x", "/data/")]
    assert [m["target"] for m in mounts_of({"volumeMounts": mounts}, {"v": "/s"}, {})] == ["/x", "/data", "/etc/x"]
