"""The user's folder in the pods: the archive in a ConfigMap, an init container that unpacks it, and the folder itself."""

from __future__ import annotations

import base64
from typing import Any

from arena_core.args import JobArgs, WorkdirArgs, WorkFolder, must_be_brought
from arena_core.contract.building import BEFORE, WORKDIR
from arena_core.contract.types import Manifest
from arena_core.podspec.container import literal, resources
from arena_core.podspec.facts import Role
from arena_core.workdir.names import ARCHIVE, CONTAINER, FOLDER, INBOX, INBOX_VARIABLE, PARCEL, SHELF, shelf_name

#: Unpacks ``$0`` into ``$1``. A shell's own words, so that busybox will do; modes are kept whoever the user is.
UNPACK = 'until [ -f "$0" ]; do sleep 1; done; exec tar -xpzf "$0" -C "$1"'


def folder_of(args: JobArgs) -> WorkFolder | None:
    """Return the folder that goes along, or None."""
    return args.work_folder if isinstance(args, WorkdirArgs) else None


def claim_of(args: JobArgs) -> str:
    """Return the claim through which the folder travels; empty where it travels otherwise."""
    return args.workdir_claim if isinstance(args, WorkdirArgs) else ""


def source_of(args: JobArgs) -> str:
    """Return where the archive is found in the pod; in a claim it has the name of its content, which many jobs may share."""
    folder = folder_of(args)
    return f"{INBOX}/{shelf_name(folder.packed.digest) if folder is not None and claim_of(args) else ARCHIVE}"


def parcel_name(args: JobArgs) -> str:
    """Return the name of the ConfigMap that holds the archive: jobs with the same content share it."""
    folder = folder_of(args)
    return f"workdir-{folder.packed.digest[:20]}" if folder else ""


def parcel_volumes(args: JobArgs) -> list[dict[str, Any]]:
    """Return the volume in which the archive comes: a ConfigMap, or where it is too large an empty place to which it is brought."""
    folder = folder_of(args)
    if folder is None:
        return []
    if claim := claim_of(args):
        return [{"name": PARCEL, "persistentVolumeClaim": {"claimName": claim}}]
    return [{"name": PARCEL, **({"configMap": {"name": parcel_name(args)}} if folder.archive else {"emptyDir": {}})}]


def unpackers(args: JobArgs, role: Role) -> list[dict[str, Any]]:
    """Return the init container that unpacks the archive, or none."""
    if folder_of(args) is None or not isinstance(args, WorkdirArgs):
        return []
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": args.workdir_image or role.image or args.image,
        "imagePullPolicy": args.image_pull_policy,
        "command": ["sh", "-c", UNPACK, source_of(args), literal(args.start_dir)],
    }
    if must_be_brought(args):
        container["env"] = [{"name": INBOX_VARIABLE, "value": INBOX}]
    if wanted := resources(args, role, devices=False):
        container["resources"] = wanted
    container["volumeMounts"] = [*parcel_mounts(args), {"name": FOLDER, "mountPath": args.start_dir}]
    return [container]


def parcel_mounts(args: JobArgs) -> list[dict[str, Any]]:
    """Return where the archive is mounted."""
    folder = folder_of(args)
    if folder is None:
        return []
    below = {"subPath": SHELF} if claim_of(args) else {}
    return [{"name": PARCEL, "mountPath": INBOX, **below, **({} if must_be_brought(args) else {"readOnly": True})}]


def unpacking(args: JobArgs, command: list[str]) -> list[str]:
    """Return a command that unpacks the folder itself and runs there, where a type can have no init container."""
    if folder_of(args) is None or not command:
        return command
    then = UNPACK.replace("exec ", "") + ' && cd "$1" && shift && exec "$@"'
    return ["sh", "-c", then, source_of(args), literal(args.start_dir), *command]


def parcels(args: JobArgs) -> list[Manifest]:
    """Return the ConfigMap that holds the archive, which stands before the job: its pods need it to start."""
    folder = folder_of(args)
    if folder is None or not folder.archive or claim_of(args):
        return []
    metadata = {
        "name": parcel_name(args),
        "annotations": {WORKDIR: folder.packed.digest, BEFORE: "true"},
    }
    data = {ARCHIVE: base64.b64encode(folder.archive).decode("ascii")}
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True, "binaryData": data}]
