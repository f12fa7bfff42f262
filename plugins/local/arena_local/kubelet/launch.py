"""From a container of a pod to the file that tells the shim what to run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena_local.access import MARKER
from arena_local.kubelet import names
from arena_local.kubelet.devices import container_devices
from arena_local.kubelet.env import environment, inherited
from arena_local.kubelet.expand import expand
from arena_local.kubelet.host import Host
from arena_local.kubelet.model import Run, Slot, container_id
from arena_local.kubelet.ports import Place, is_free, places, replace
from arena_local.kubelet.volumes import has_token, mounts_of, write_private
from arena_local.sdk.bundle import Obj

#: Annotations in which the submitter's working directory and search path travel (images mean nothing here).
CWD_ANNOTATION = "arena.local/cwd"
PATH_ANNOTATION = "arena.local/path"


class NoCommandError(Exception):
    """The container would need its image's entry point."""


@dataclass(frozen=True)
class Plan:
    """A run that is ready to start, the meeting points whose port was replaced, and declared ports on which somebody else listens."""

    run: Run
    replaced: Mapping[Place, int]
    taken: tuple[int, ...] = ()


class Launcher:
    """Makes the runs of one pod's containers."""

    def __init__(self, host: Host, pod: Obj, folder: Path, volumes: Mapping[str, str], facts: Mapping[str, str]) -> None:
        self._host = host
        self._pod = pod
        self._folder = folder
        self._volumes = volumes
        self._facts = facts

    def plan(self, slot: Slot, number: int) -> Plan:
        """Return the next run of a container; raises ``ConfigError`` and ``NoCommandError``."""
        container, uid = slot.spec, self._pod["metadata"]["uid"]
        own = environment(self._host.api, self._pod, container, self._facts)
        if not container.get("command"):
            image = container.get("image", "")
            text = f"image entrypoints are not available on the local cluster; set command (image {image!r} is not pulled)"
            raise NoCommandError(text)
        argv = [expand(a, own) for a in [*container["command"], *(container.get("args") or ())]]
        mapping = {place: self._host.ports.use(uid, place) for _, place in places(self._pod, own)}
        own = replace(self._pod, own, mapping)
        folder = self._folder / slot.name
        folder.mkdir(parents=True, exist_ok=True)
        mounts = mounts_of(container, self._volumes, own)
        if not self._host.isolation.mount:
            argv, own = self._rewritten(argv, own, mounts)
        held = self._host.devices.held(self._pod["spec"].get("nodeName", ""), uid)
        devices = container_devices(self._pod, slot.name, held)
        env = self._environment(own, devices, folder, slot)
        spec = self._spec(slot, number, folder) | {"argv": argv, "env": env} | self._directory(container, folder)
        spec["podDevices"] = held
        spec["ports"] = [[p.namespace, p.host, p.port, local] for p, local in mapping.items()]
        spec["sandbox"] = self._sandbox(container, folder, number, mounts, spec)
        run = Run(number, container_id(uid, slot.name, number), spec=spec)
        meeting = {p.port for p in mapping}
        declared = (int(p["containerPort"]) for p in container.get("ports") or () if p.get("protocol", "TCP") == "TCP")
        taken = tuple(port for port in declared if port not in meeting and not is_free(port))
        return Plan(run, {p: local for p, local in mapping.items() if local != p.port}, taken)

    def _spec(self, slot: Slot, number: int, folder: Path) -> dict[str, Any]:
        files = {key: str(folder / f"{number}.{suffix}") for key, suffix in _FILES.items()}
        container = slot.spec
        return files | {
            "number": number,
            "stdin": bool(container.get("stdin")),
            "tty": bool(container.get("tty")),
            "namespaces": self._host.isolation.spaces,
        }

    def _environment(self, own: Mapping[str, str], devices: Mapping[str, list[int]], folder: Path, slot: Slot) -> dict[str, str]:
        annotations = self._pod["metadata"].get("annotations") or {}
        env = inherited()
        if annotations.get(PATH_ANNOTATION):
            env["PATH"] = annotations[PATH_ANNOTATION]
        env["PATH"] = f"{self._host.state / 'bin'}:{env['PATH']}"
        env["HOSTNAME"] = names.host_name(self._pod)
        if not self._host.isolation.mount:
            tmp = folder / "tmp"
            tmp.mkdir(exist_ok=True)
            env |= {"TMPDIR": str(tmp), "ARENA_HOSTS": str(self._folder / "hosts")}
        env |= self._host.devices.variables(devices)
        env |= self._cluster_access()
        env |= own
        return env | {MARKER: self._pod["metadata"]["uid"], "ARENA_CONTAINER": slot.name}

    def _cluster_access(self) -> dict[str, str]:
        """Return what clients inside the pod find the cluster by, unless the pod wants no account's token."""
        access, kubeconfig = self._host.access, self._folder / "kubeconfig"
        if not access.port or not has_token(self._pod):
            return {}
        write_private(kubeconfig, json.dumps(access.kubeconfig(self._pod["metadata"]["namespace"])))
        found = {"KUBECONFIG": str(kubeconfig), "ARENA_HOME": str(self._host.state.parent)}
        if access.tls_port and self._host.isolation.mount:
            port = str(access.tls_port)
            found |= {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port, "KUBERNETES_SERVICE_PORT_HTTPS": port}
        return found

    def _directory(self, container: Obj, folder: Path) -> dict[str, Any]:
        wanted = container.get("workingDir")
        if wanted:
            wanted = os.path.normpath("/" + wanted.lstrip("/"))
            path, inside = self._path(wanted, container), self._inside(wanted, container)
            if self._host.isolation.mount or path != wanted or (Path(path).is_dir() and not inside):
                return {"cwd": path, "makeCwd": True}
            return {"cwd": str(_linked(folder / "work", inside)), "makeCwd": False}
        annotated = (self._pod["metadata"].get("annotations") or {}).get(CWD_ANNOTATION)
        if annotated and Path(annotated).is_dir():
            return {"cwd": annotated, "makeCwd": False}
        scratch = folder / "work"
        scratch.mkdir(exist_ok=True)
        return {"cwd": str(scratch), "makeCwd": False}

    def _inside(self, path: str, container: Obj) -> dict[str, str]:
        """Return the mounts below a path: where they are as seen from there, and where that is on this machine."""
        found = {}
        for mount in mounts_of(container, self._volumes, {}):
            target = str(mount["target"])
            if target.startswith(path.rstrip("/") + "/"):
                found[target[len(path.rstrip("/")) + 1 :].strip("/")] = str(mount["source"])
        return found

    def _path(self, path: str, container: Obj) -> str:
        """Without mounts, a path below a mount path means the volume itself."""
        if self._host.isolation.mount:
            return path
        for mount in reversed(mounts_of(container, self._volumes, {})):
            target = str(mount["target"]).rstrip("/")
            if path == target or path.startswith(target + "/"):
                return str(mount["source"]) + path[len(target) :]
        return path

    def _rewritten(self, argv: list[str], env: dict[str, str], mounts: list[dict[str, Any]]) -> tuple[list[str], dict[str, str]]:
        """Replace names by addresses, and mount paths by the volumes' own paths, in arguments and environment."""
        table = self._host.names.table(self._pod["metadata"]["namespace"], assume=True)
        paths = {str(m["target"]).rstrip("/"): str(m["source"]) for m in reversed(mounts)}

        def one(text: str) -> str:
            return repath(names.rewrite(text, table), paths)

        return [one(a) for a in argv], {k: one(v) for k, v in env.items()}

    def _sandbox(self, container: Obj, folder: Path, number: int, mounts: list[dict[str, Any]], spec: Obj) -> dict[str, Any]:
        if not self._host.isolation.mount:
            return {}
        root = self._host.state / "root"
        tmp = folder / f"{number}.tmp"
        tmp.mkdir(parents=True, exist_ok=True)
        hosts = {"source": str(self._folder / "hosts"), "target": "/etc/hosts", "readOnly": False}
        return {
            "root": str(root),
            "proc": self._host.isolation.pid,
            "tmp": "" if spec["cwd"] == "/tmp" else str(tmp),
            "named": sorted(named_in_tmp([*spec["argv"], *spec["env"].values(), spec["cwd"], *(m["target"] for m in mounts)])),
            "cwd": spec["cwd"] if spec["makeCwd"] else "",
            "hostname": names.host_name(self._pod),
            "mounts": [hosts, *mounts, *_message(container, folder, number)],
            "message": str(folder / f"{number}.message"),
        }


def named_in_tmp(texts: Iterable[str]) -> set[str]:
    """Return what of /tmp is spoken of, by the first part of its path: as written, and as far as a list or a shell would read it."""
    tails = [tail.partition("/")[0] for text in texts for tail in text.split("/tmp/")[1:]]
    return {name for tail in tails for name in (tail, _WORD_END.split(tail, maxsplit=1)[0]) if name}


def _linked(folder: Path, links: Mapping[str, str]) -> Path:
    """Make a folder that stands for one of an image, with links to what is mounted below it."""
    folder.mkdir(exist_ok=True)
    for name, source in links.items():
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(source)
    return folder


def _message(container: Obj, folder: Path, number: int) -> list[dict[str, Any]]:
    """The file into which a container may write why it ends."""
    path = container.get("terminationMessagePath") or "/dev/termination-log"
    (folder / f"{number}.message").touch(0o666)
    return [{"source": str(folder / f"{number}.message"), "target": path, "readOnly": False}]


#: What ends a path in a command line or a list of paths.
_WORD_END = re.compile(r"[\s:;,&|<>()'\"]")
_FILES = {"spec": "spec.json", "state": "state.json", "exit": "exit.json", "log": "log", "attach": "sock"}


def repath(text: str, paths: Mapping[str, str]) -> str:
    """Replace mount paths where they stand as words of their own (``/data/x``, ``--out=/data``, ``a:/data``)."""
    for target, source in paths.items():
        at = 0
        while target and (at := text.find(target, at)) >= 0:
            before, after = text[at - 1 : at], text[at + len(target) : at + len(target) + 1]
            if before in ("", " ", "=", ":", ",", "'", '"', "(", ";", "\t", "\n", ">", "<") and after in _ENDS:
                text = text[:at] + source + text[at + len(target) :]
                at += len(source)
            else:
                at += len(target)
    return text


_ENDS = frozenset(["", " ", "/", ":", ",", "'", '"', ")", ";", "\t", "\n", "&", "|"])
