"""Volumes and mounts: claims, node folders, fetched code, logs, shared memory, config files."""

from __future__ import annotations

import hashlib
from typing import Any

from arena_core.args import ConfigFile, JobArgs, SharedMemoryArgs, SyncArgs
from arena_core.contract.types import Manifest
from arena_core.lazily import pattern
from arena_core.podspec import debugging
from arena_core.podspec.facts import JobFacts
from arena_core.podspec.metadata import common_labels
from arena_core.podspec.workdir import folder_of, parcels
from arena_core.records import record
from arena_core.workdir.names import FOLDER

CODE_VOLUME = "code-sync"
LOGS_VOLUME = "training-logs-volume"
_OWN_NAMES = pattern(r"dshm|code-sync|workdir|workdir-parcel|training-logs-volume|training-data-\d+|[0-9a-f]{15}")


@record
class Mount:
    """One volume and one place where it is mounted."""

    name: str
    source: dict[str, Any]
    path: str
    sub_path: str = ""


def claim_volume(claim: str) -> str:
    """Return the name of a claim's volume: the claim's own, or a derived one where that cannot name a volume."""
    if len(claim) <= 63 and "." not in claim and not _OWN_NAMES.fullmatch(claim):
        return claim
    return f"pvc-{hashlib.sha256(claim.encode()).hexdigest()[:15]}"


def data_mounts(args: JobArgs) -> list[Mount]:
    """Return claims and node folders."""
    claims = [Mount(claim_volume(d.claim), {"persistentVolumeClaim": {"claimName": d.claim}}, d.path) for d in args.data]
    folders = [Mount(f"training-data-{i}", {"hostPath": {"path": d.host}}, d.path) for i, d in enumerate(args.data_dirs)]
    return claims + folders


def code_mounts(args: JobArgs) -> list[Mount]:
    """Return the folder of the fetched code."""
    if not isinstance(args, SyncArgs) or not args.sync_mode:
        return []
    return [Mount(CODE_VOLUME, {"emptyDir": {}}, args.working_dir.rstrip("/") + "/code")]


def workdir_mounts(args: JobArgs) -> list[Mount]:
    """Return the user's own folder."""
    return [] if folder_of(args) is None else [Mount(FOLDER, {"emptyDir": {}}, args.start_dir.rstrip("/"))]


def host_log_path(args: JobArgs) -> str:
    """Return the node's folder for local logs: Arena's form, with digits that follow from the name."""
    digits = int(hashlib.sha256(args.name.encode()).hexdigest(), 16) % 10**9
    return f"/arena_logs/training{digits:09d}"


def log_mounts(args: JobArgs, path: str = "") -> list[Mount]:
    """Return the node's folder for logs where the arguments ask for one; ``path`` is another place to mount it."""
    folder = args.log_folder()
    return [Mount(LOGS_VOLUME, {"hostPath": {"path": host_log_path(args)}}, path or folder)] if folder else []


def shared_memory_mounts(args: JobArgs) -> list[Mount]:
    """Return /dev/shm."""
    if not isinstance(args, SharedMemoryArgs) or not args.share_memory:
        return []
    return [Mount("dshm", {"emptyDir": {"medium": "Memory", "sizeLimit": args.share_memory}}, "/dev/shm")]


def config_map_suffix(directory: str) -> str:
    """Return the 15 digits that stand for a container folder in names, as Arena computes them."""
    return hashlib.md5(directory.encode(), usedforsecurity=False).hexdigest()[:15]


def _by_directory(args: JobArgs) -> dict[str, list[ConfigFile]]:
    groups: dict[str, list[ConfigFile]] = {}
    for file in (*args.config_files, *debugging.files(args)):
        groups.setdefault(file.directory, []).append(file)
    return groups


def config_mounts(args: JobArgs, taken: set[str]) -> list[Mount]:
    """Return the config files, one volume per container folder.

    The folder is mounted as a whole, as in Arena, unless that would hide something: where it is the working directory, a folder
    at the top (``/etc``), or holds another mount, each file is mounted by itself.
    """
    mounts: list[Mount] = []
    busy = taken | {"/", args.start_dir.rstrip("/") or "/"}
    for directory, files in _by_directory(args).items():
        suffix = config_map_suffix(directory)
        source = {"configMap": {"name": f"{args.name}-{suffix}"}}
        if directory.count("/") < 2 or any(place == directory or place.startswith(directory.rstrip("/") + "/") for place in busy):
            mounts += [Mount(suffix, source, file.path, file.file_name) for file in files]
        else:
            mounts.append(Mount(suffix, source, directory))
    return mounts


def config_maps(args: JobArgs, facts: JobFacts) -> list[Manifest]:
    """Return the ConfigMaps of the config files (what is not UTF-8 goes to ``binaryData``) and of the folder that goes along."""
    manifests: list[Manifest] = []
    for directory, files in _by_directory(args).items():
        manifest: Manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"{args.name}-{config_map_suffix(directory)}", "labels": common_labels(args, facts)},
        }
        data = {file.file_name: file.text for file in files if file.text is not None}
        binary = {file.file_name: file.base64 for file in files if file.text is None}
        manifests.append({**manifest, **({"data": data} if data else {}), **({"binaryData": binary} if binary else {})})
    return manifests + parcels(args)


def all_mounts(args: JobArgs, *, logs: bool = True) -> list[Mount]:
    """Return every mount of a job's main container."""
    mounts = workdir_mounts(args) + data_mounts(args) + code_mounts(args) + (log_mounts(args) if logs else [])
    mounts += shared_memory_mounts(args)
    return mounts + config_mounts(args, {mount.path for mount in mounts})


def volumes_of(mounts: list[Mount]) -> list[dict[str, Any]]:
    """Return ``volumes``: each once, however often it is mounted."""
    return list({mount.name: {"name": mount.name, **mount.source} for mount in mounts}.values())


def volume_mounts_of(mounts: list[Mount]) -> list[dict[str, Any]]:
    """Return ``volumeMounts``."""
    return [{"name": m.name, "mountPath": m.path, **({"subPath": m.sub_path} if m.sub_path else {})} for m in mounts]
