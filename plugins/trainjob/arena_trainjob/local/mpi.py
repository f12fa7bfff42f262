"""What an MPI runtime needs beside the JobSet: keys and the hostfile."""

from __future__ import annotations

import base64

from arena_core.k8s.owners import reference
from arena_core.k8s.sshkeys import make_pair
from arena_local.sdk.bundle import Api, Obj
from arena_trainjob.local.build import nodes
from arena_trainjob.local.names import MANAGER, entries, policy, step
from arena_trainjob.local.policies import processes
from arena_trainjob.names import LAUNCHER, NODE, TRAINER


def ensure(api: Api, job: Obj, runtime: Obj) -> None:
    """Make the Secret with the keys and the ConfigMap with the hostfile where they are missing."""
    mpi = policy(runtime).get("mpi")
    if mpi is None:
        return
    space, name = job["metadata"]["namespace"], job["metadata"]["name"]
    if api.find("secrets", space, f"{name}-mpi-ssh-auth") is None:
        api.create(_secret(job), manager=MANAGER)
    if api.find("configmaps", space, f"{name}-mpi-hostfile") is None:
        api.create(_config_map(job, hostfile(job, runtime, mpi)), manager=MANAGER)


def hostfile(job: Obj, runtime: Obj, mpi: Obj) -> str:
    """Return the hosts with their slots: the launcher first where it is a node itself."""
    name, slots = job["metadata"]["name"], processes(job, mpi)
    template = ((runtime.get("spec") or {}).get("template") or {}).get("spec") or {}
    launcher = next((str(entry["name"]) for entry in entries(template) if step(entry) == TRAINER), LAUNCHER)
    own = bool(mpi.get("runLauncherAsNode"))
    hosts = [f"{name}-{launcher}-0-0.{name}"] if own else []
    hosts += [f"{name}-{NODE}-0-{index}.{name}" for index in range(nodes(job, runtime) - int(own))]
    return "".join(f"{host} slots={slots}\n" for host in hosts)


def _made(job: Obj, name: str) -> Obj:
    return {"name": name, "namespace": job["metadata"]["namespace"], "ownerReferences": [reference(job)]}


def _secret(job: Obj) -> Obj:
    private, public = (base64.b64encode(text.encode()).decode() for text in make_pair())
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": _made(job, f"{job['metadata']['name']}-mpi-ssh-auth"),
        "type": "kubernetes.io/ssh-auth",
        "immutable": True,
        "data": {"ssh-privatekey": private, "ssh-publickey": public},
    }


def _config_map(job: Obj, hosts: str) -> Obj:
    metadata = _made(job, f"{job['metadata']['name']}-mpi-hostfile")
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"hostfile": hosts}}
