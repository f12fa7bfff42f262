"""The objects of DeepSpeed on an MPIJob: its launcher finds the operator's hostfile where DeepSpeed looks for one. Pure."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_mpijob.deepspeed.args import DeepSpeedMPIArgs
from arena_mpijob.manifests import build as build_mpi
from arena_mpijob.status import FIELD

APP = "deepspeed-mpijob"
#: Where DeepSpeed's launcher looks unless it is told another place; the two forms of a hostfile are the same.
FOLDER = "/job"


def build(args: DeepSpeedMPIArgs) -> list[Manifest]:
    """Return the MPIJob first, then ConfigMaps, PodGroup and TensorBoard."""
    job, *beside = build_mpi(args, APP, "DeepSpeedJob", "")
    job["spec"]["runPolicy"]["backoffLimit"] = args.tries
    spec = job["spec"][FIELD]["Launcher"]["template"]["spec"]
    items = [{"key": "hostfile", "path": "hostfile"}]
    volume = {"name": "deepspeed-hostfile", "configMap": {"name": f"{args.name}-config", "items": items}}
    spec["volumes"] = [*spec.get("volumes", []), volume]
    container = spec["containers"][0]
    container["volumeMounts"] = [*container.get("volumeMounts", []), {"name": volume["name"], "mountPath": FOLDER}]
    return [job, *beside]
