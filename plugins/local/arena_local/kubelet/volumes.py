"""A pod's volumes as folders and files of this machine."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena_local.access import Access
from arena_local.kubelet.env import ConfigError, field_value, resource_value
from arena_local.kubelet.expand import expand
from arena_local.sdk.bundle import Api, Obj

#: The link in a volume of files that leads to what they hold now.
DATA = "..data"

#: The ConfigMap that stands for the certificate by which the server is known.
ROOT_CA = "kube-root-ca.crt"
#: Sources of PersistentVolumes that need more than this machine.
_FOREIGN = frozenset(
    {"nfs", "csi", "iscsi", "cephfs", "rbd", "awsElasticBlockStore", "gcePersistentDisk", "azureDisk", "azureFile", "fc", "glusterfs"}
)


class MountError(Exception):
    """A volume cannot be set up (yet); the text is that of the kubelet's FailedMount event."""


class Volumes:
    """Makes the volumes of one pod below ``folder``."""

    def __init__(self, api: Api, pod: Obj, folder: Path, facts: Mapping[str, str], access: Access | None = None) -> None:
        self._api = api
        self._pod = pod
        self._folder = folder
        self._facts = facts
        self._access = access or Access()
        self._made: dict[str, str] = {}

    def prepare(self) -> dict[str, str]:
        """Return name → path of every volume; raises ``MountError`` for the first that cannot be made."""
        for volume in self._pod["spec"].get("volumes") or ():
            name = volume["name"]
            try:
                self._made[name] = self._one(volume)
            except (ConfigError, OSError, ValueError) as error:
                raise MountError(f'MountVolume.SetUp failed for volume "{name}" : {error}') from None
        return self._made

    def _one(self, volume: Obj) -> str:
        empty: tuple[str, Obj] = ("emptyDir", {})
        kind, source = next(((k, v or {}) for k, v in volume.items() if k != "name"), empty)
        folder = self._folder / volume["name"]
        if kind == "hostPath":
            return host_path(source)
        if kind == "persistentVolumeClaim":
            return self._claim(source)
        if kind in ("emptyDir", "ephemeral"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o777)
            return str(folder)
        sources = {
            "configMap": lambda: self._keys("configmaps", source, source.get("name", "")),
            "secret": lambda: self._keys("secrets", source, source.get("secretName", "")),
            "downwardAPI": lambda: self._downward(source),
            "projected": lambda: self._projected(source),
        }
        if kind not in sources:
            raise ConfigError(f"volumes of type {kind} are not available on the local cluster")
        write_files(folder, sources[kind](), int(source.get("defaultMode", 0o644)))
        return str(folder)

    def _claim(self, source: Obj) -> str:
        namespace = self._pod["metadata"]["namespace"]
        claim = self._api.find("persistentvolumeclaims", namespace, source["claimName"])
        if claim is None:
            raise ConfigError(f'persistentvolumeclaim "{source["claimName"]}" not found')
        volume = self._api.find("persistentvolumes", "", claim["spec"].get("volumeName", ""))
        if volume is None:
            raise ConfigError(f'persistentvolumeclaim "{source["claimName"]}" is not bound to a volume yet')
        if "hostPath" in volume["spec"]:
            return host_path(volume["spec"]["hostPath"])
        if "local" in volume["spec"]:
            return host_path({"path": volume["spec"]["local"]["path"], "type": "Directory"})
        kinds = ", ".join(sorted(set(volume["spec"]) & _FOREIGN)) or "of this type"
        raise ConfigError(f"volume {volume['metadata']['name']}: {kinds} is not available on the local cluster; hostPath and local are")

    def _keys(self, resource: str, source: Obj, name: str) -> dict[str, tuple[bytes, int | None]]:
        """Return file name → (content, mode) of a ConfigMap or Secret, or of the items asked for."""
        namespace = self._pod["metadata"]["namespace"]
        obj = self._api.find(resource, namespace, name)
        if obj is None:
            if source.get("optional"):
                return {}
            raise ConfigError(f'{resource[:-1]} "{name}" not found')
        if resource == "secrets":
            data = {k: base64.b64decode(v) for k, v in (obj.get("data") or {}).items()}
        else:
            data = {k: v.encode() for k, v in (obj.get("data") or {}).items()}
            data |= {k: base64.b64decode(v) for k, v in (obj.get("binaryData") or {}).items()}
        if "items" not in source:
            return {k: (v, None) for k, v in data.items()}
        files = {}
        for item in source["items"]:
            if item["key"] not in data:
                if source.get("optional"):
                    continue
                raise ConfigError(f"references non-existent {resource[:-1]} key: {item['key']}")
            files[item["path"]] = (data[item["key"]], item.get("mode"))
        return files

    def _downward(self, source: Obj) -> dict[str, tuple[bytes, int | None]]:
        files = {}
        for item in source.get("items") or ():
            if "fieldRef" in item:
                text = field_value(self._pod, item["fieldRef"]["fieldPath"], self._facts)
            else:
                text = resource_value(self._pod, None, item["resourceFieldRef"], self._facts)
            files[item["path"]] = (text.encode(), item.get("mode"))
        return files

    def _projected(self, source: Obj) -> dict[str, tuple[bytes, int | None]]:
        files: dict[str, tuple[bytes, int | None]] = {}
        for part in source.get("sources") or ():
            if "serviceAccountToken" in part:
                files[part["serviceAccountToken"]["path"]] = (self._access.token.encode(), None)
            elif part.get("configMap", {}).get("name") == ROOT_CA and self._access.ca:
                paths = [item["path"] for item in part["configMap"].get("items") or ({"path": "ca.crt"},)]
                files |= {path: (self._access.ca.encode(), None) for path in paths}
            elif "configMap" in part:
                files |= self._keys("configmaps", part["configMap"], part["configMap"].get("name", ""))
            elif "secret" in part:
                files |= self._keys("secrets", part["secret"], part["secret"].get("name", ""))
            elif "downwardAPI" in part:
                files |= self._downward(part["downwardAPI"])
        return files


def has_token(pod: Obj) -> bool:
    """Whether the pod is given the token of a service account."""
    projected = [(volume.get("projected") or {}).get("sources") or () for volume in pod["spec"].get("volumes") or ()]
    return any("serviceAccountToken" in part for parts in projected for part in parts)


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as out:
        out.write(text)


def write_files(folder: Path, files: Mapping[str, tuple[bytes, int | None]], mode: int) -> None:
    """Write the files of a volume as a kubelet does: all of them change at once, when the link ``..data`` does."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in files:
        first, *rest = name.lstrip("/").split("/")
        if ".." in (first, *rest):
            raise ConfigError(f"path {name!r} leads outside of the volume")
        if first.startswith("..") or first in ("", ".") or "." in rest:
            raise ConfigError(f"{name!r} cannot be the name of a file in a volume")
    wanted = {name.lstrip("/"): (content, mode if own is None else own) for name, (content, own) in files.items()}
    data, before = folder / DATA, (folder / DATA).resolve()
    if data.is_symlink() and _written(before) == wanted:
        return
    fresh = Path(tempfile.mkdtemp(prefix=f"..{time.strftime('%Y_%m_%d_%H_%M_%S')}.", dir=folder))
    fresh.chmod(0o755)
    for name, (content, own) in wanted.items():
        path = inside(fresh, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(own)
    part = folder / "..data_tmp"
    part.unlink(missing_ok=True)
    part.symlink_to(fresh.name)
    part.replace(data)
    shown = {name.split("/")[0] for name in wanted}
    for name in shown:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"{DATA}/{name}")
    for old in folder.iterdir():
        if not old.name.startswith("..") and old.name not in shown:
            old.unlink()
    if before != data.resolve() and before.parent == folder.resolve():
        shutil.rmtree(before, ignore_errors=True)


def _written(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) for path in files}


def inside(folder: Path, name: str) -> Path:
    """Return a path below the folder; a name that leads outside raises ``ConfigError``."""
    if "\0" in name:
        raise ConfigError(f"path {name!r} holds a NUL character")
    path = Path(os.path.normpath(folder / name.lstrip("/")))
    real = Path(os.path.realpath(path))
    base = Path(os.path.realpath(folder))
    if real != base and base not in real.parents:
        raise ConfigError(f"path {name!r} leads outside of the volume")
    return path


def host_path(source: Obj) -> str:
    """Check a hostPath by its type; what is missing and may be made is made."""
    path, kind = source["path"], source.get("type", "")
    if not path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise ConfigError(f"hostPath {path!r}: expected an absolute path without '..'")
    if kind == "DirectoryOrCreate" or (kind == "" and not os.path.lexists(path)):
        Path(path).mkdir(parents=True, exist_ok=True, mode=0o755)
    elif kind == "FileOrCreate" and not os.path.lexists(path):
        Path(path).touch(0o644)
    checks: dict[str, tuple[Any, str]] = {
        "Directory": (stat.S_ISDIR, "directory"),
        "DirectoryOrCreate": (stat.S_ISDIR, "directory"),
        "File": (stat.S_ISREG, "file"),
        "FileOrCreate": (stat.S_ISREG, "file"),
        "Socket": (stat.S_ISSOCK, "socket"),
        "CharDevice": (stat.S_ISCHR, "character device"),
        "BlockDevice": (stat.S_ISBLK, "block device"),
    }
    if kind in checks:
        check, word = checks[kind]
        if not Path(path).exists() or not check(Path(path).stat().st_mode):
            raise ConfigError(f"hostPath type check failed: {path} is not a {word}")
    return str(path)


def mounts_of(container: Obj, volumes: Mapping[str, str], env: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what is mounted where in this container: source, target, readOnly."""
    result = []
    for mount in container.get("volumeMounts") or ():
        source = volumes.get(mount["name"])
        if source is None:
            continue
        sub = mount.get("subPath") or _expanded(mount.get("subPathExpr", ""), env)
        if sub:
            path = inside(Path(source), sub)
            if not path.exists():
                path.mkdir(parents=True, exist_ok=True)
            source = str(path)
        read_only = bool(mount.get("readOnly")) or (Path(volumes[mount["name"]]) / DATA).is_symlink()
        target = os.path.normpath("/" + mount["mountPath"].lstrip("/"))
        result.append({"source": source, "target": target, "readOnly": read_only})
    return sorted(result, key=lambda m: str(m["target"]).count("/"))


def _expanded(text: str, env: Mapping[str, str]) -> str:
    return expand(text, env) if text else ""
