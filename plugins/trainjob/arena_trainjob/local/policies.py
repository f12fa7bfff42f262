"""What the ML policy of a runtime adds to the containers of a training: the variables by which its nodes find each other. Pure."""

from __future__ import annotations

from arena_core.k8s import quantity
from arena_local.sdk.bundle import Obj
from arena_trainjob.local.names import INDEX_PATH, PORT, container, pod_spec, policy, step, upsert
from arena_trainjob.names import NODE, TRAINER

HOSTFILE = "/etc/mpi/hostfile"
_SSH_FILES = (("ssh-privatekey", "id_rsa"), ("ssh-publickey", "id_rsa.pub"), ("ssh-publickey", "authorized_keys"))
_RANK = {"valueFrom": {"fieldRef": {"fieldPath": INDEX_PATH}}}


def add(job: Obj, runtime: Obj, entry: Obj, nodes: int) -> None:
    """Write into a replicated job what the policy says; of torch, JAX and XGBoost nothing where the job has no ``spec.trainer``."""
    found = policy(runtime)
    if found.get("mpi") is not None:
        _mpi(job, found["mpi"], entry)
        return
    node = container(entry, NODE)
    trained = (job.get("spec") or {}).get("trainer") is not None
    if step(entry) != TRAINER or node is None or not trained:
        return
    first = f"{job['metadata']['name']}-{entry['name']}-0-0.{job['metadata']['name']}"
    env: list[Obj] = []
    if found.get("torch") is not None:
        env = torch(job, node, nodes, first)
        for name in found["torch"].get("envInjection") or ():
            if (other := container(entry, str(name))) is not None and other is not node:
                other["env"] = upsert(other.get("env"), env)
    elif found.get("jax") is not None:
        env = [_said("JAX_NUM_PROCESSES", nodes), {"name": "JAX_PROCESS_ID", **_RANK}, _said("JAX_COORDINATOR_ADDRESS", f"{first}:{PORT}")]
    elif found.get("xgboost") is not None:
        env = [_said("DMLC_TRACKER_URI", first), _said("DMLC_TRACKER_PORT", PORT), {"name": "DMLC_TASK_ID", **_RANK}]
        env.append(_said("DMLC_NUM_WORKER", nodes * max(gpus(node), 1)))
    if env:
        node["env"] = upsert(node.get("env"), env)
        node["ports"] = [*(node.get("ports") or []), {"containerPort": PORT}]


def torch(job: Obj, node: Obj, nodes: int, first: str) -> list[Obj]:
    """Return the variables of torchrun."""
    given = ((job.get("spec") or {}).get("trainer") or {}).get("numProcPerNode")
    each = given or ("auto" if gpus(node) else max(1, cpus(node)))
    return [
        _said("PET_NNODES", nodes),
        _said("PET_NPROC_PER_NODE", each),
        {"name": "PET_NODE_RANK", **_RANK},
        _said("PET_MASTER_ADDR", first),
        _said("PET_MASTER_PORT", PORT),
    ]


def _amounts(node: Obj) -> Obj:
    resources = node.get("resources") or {}
    return {**(resources.get("requests") or {}), **(resources.get("limits") or {})}


def gpus(node: Obj) -> int:
    """Return how many GPUs a container has."""
    return sum(int(quantity.parse(amount)) for name, amount in _amounts(node).items() if "gpu" in name.lower())


def cpus(node: Obj) -> int:
    """Return how many whole CPUs a container has."""
    amount = _amounts(node).get("cpu")
    return int(quantity.parse(amount)) if amount is not None else 0


def processes(job: Obj, mpi: Obj) -> int:
    """Return how many processes MPI starts on each node."""
    trainer = (job.get("spec") or {}).get("trainer") or {}
    wanted = int(trainer.get("numProcPerNode") or mpi.get("numProcPerNode") or 1)
    return gpus({"resources": trainer.get("resourcesPerNode") or {}}) or 1 if wanted == 1 else wanted


def _mpi(job: Obj, mpi: Obj, entry: Obj) -> None:
    """Give launcher and nodes the keys, and the launcher the hostfile."""
    node = container(entry, NODE)
    launcher = step(entry) == TRAINER
    if node is None or not (launcher or entry.get("name") == NODE):
        return
    name, spec = job["metadata"]["name"], pod_spec(entry)
    keys = {"secretName": f"{name}-mpi-ssh-auth", "items": [{"key": key, "path": path} for key, path in _SSH_FILES]}
    volumes: list[Obj] = [{"name": "mpi-ssh-auth", "secret": keys}]
    mounts: list[Obj] = [{"name": "mpi-ssh-auth", "mountPath": mpi.get("sshAuthMountPath") or "/root/.ssh"}]
    if launcher:
        items = [{"key": "hostfile", "path": "hostfile", "mode": 0o444}]
        volumes.append({"name": "mpi-hostfile", "configMap": {"name": f"{name}-mpi-hostfile", "items": items}})
        mounts.append({"name": "mpi-hostfile", "mountPath": HOSTFILE.rpartition("/")[0]})
        env = [
            _said("OMPI_MCA_orte_default_hostfile", HOSTFILE),
            _said("OMPI_MCA_orte_keep_fqdn_hostnames", "true"),
            _said("OMPI_MCA_orte_set_default_slots", processes(job, mpi)),
            _said("OMPI_MCA_plm_rsh_args", "-o ConnectionAttempts=10"),
        ]
        node["env"] = upsert(node.get("env"), env)
    spec["volumes"] = upsert(spec.get("volumes"), volumes)
    node["volumeMounts"] = upsert(node.get("volumeMounts"), mounts, "mountPath")


def _said(name: str, value: object) -> Obj:
    return {"name": name, "value": str(value)}
