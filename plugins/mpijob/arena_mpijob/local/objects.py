"""What the operator makes for a job: Service, ConfigMap, Secret, workers and the launcher's Job. Pure, but for the key pair."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterable
from typing import Any

from arena_core.k8s.owners import reference
from arena_core.k8s.sshkeys import make_pair
from arena_local.sdk.bundle import Obj
from arena_mpijob.local.names import INDEX_LABEL, LAUNCHER, ROOT_SSH, WORKER, View
from arena_mpijob.local.reach import reached_by_ssh, with_agent, without_sshd

HOSTFILE, DISCOVER = "hostfile", "discover_hosts.sh"
SSH_FILES = (("ssh-privatekey", "id_rsa"), ("ssh-publickey", "id_rsa.pub"), ("ssh-publickey", "authorized_keys"))
_ATTEMPTS = "-o ConnectionAttempts=10"
_HOSTFILE_PATH = f"/etc/mpi/{HOSTFILE}"


def service(view: View) -> Obj:
    """Return the headless Service that gives all pods their names."""
    spec = {"clusterIP": "None", "selector": view.labels()}
    return {"apiVersion": "v1", "kind": "Service", "metadata": view.made(view.name), "spec": spec}


def config_map(view: View, running: Iterable[str]) -> Obj:
    """Return the ConfigMap with the hostfile of all workers, and the script that names those that run."""
    hosts = [view.worker(i) for i in range(view.workers)]
    first = [view.launcher] if view.working_launcher else []
    slots = view.spec["slotsPerWorker"]
    form = "{} slots={}\n" if view.spec["mpiImplementation"] == "OpenMPI" else "{}:{}\n"
    hostfile = "".join(form.format(view.host(pod), slots) for pod in [*first, *hosts])
    script = "#!/bin/sh\n" + "".join(f"echo {view.host(pod)}\n" for pod in [*first, *sorted(running)])
    metadata = view.made(f"{view.name}-config")
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {HOSTFILE: hostfile, DISCOVER: script}}


def secret(view: View) -> Obj:
    """Return the Secret with a fresh key pair."""
    private, public = (base64.b64encode(text.encode()).decode() for text in make_pair())
    data = {"ssh-privatekey": private, "ssh-publickey": public}
    metadata = view.made(f"{view.name}-ssh")
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data, "type": "kubernetes.io/ssh-auth"}


def worker(view: View, index: int) -> Obj:
    """Return a worker's pod."""
    template = _template(view, WORKER)
    name, container = view.worker(index), template["spec"]["containers"][0]
    labels = template["metadata"]["labels"] = {**template["metadata"].get("labels", {}), **view.labels("worker")}
    labels[INDEX_LABEL] = str(index + int(view.working_launcher))
    spec = template["spec"] | {"hostname": name, "subdomain": view.name}
    searches = [f"{view.name}.{view.namespace}.svc.cluster.local"]
    dns = dict(spec.get("dnsConfig") or {})
    spec["dnsConfig"] = {**dns, "searches": [*(dns.get("searches") or []), *searches]}
    if not container.get("command") and not container.get("args"):
        container["command"] = ["/usr/sbin/sshd", "-De"]
    container["env"] = [*(container.get("env") or []), {"name": "K_MPI_JOB_ROLE", "value": "worker"}]
    _with_keys(view, spec)
    spec["restartPolicy"] = (view.replica(WORKER) or {})["restartPolicy"]
    without_sshd(container)
    metadata = {**template["metadata"], "name": name, "namespace": view.namespace, "ownerReferences": [reference(view.job)]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def launcher(view: View) -> Obj:
    """Return the batch Job that keeps the launcher."""
    template = _template(view, LAUNCHER)
    labels = template["metadata"]["labels"] = {**template["metadata"].get("labels", {}), **view.labels("launcher")}
    if view.working_launcher:
        labels[INDEX_LABEL] = "0"
    template["metadata"]["ownerReferences"] = [reference(view.job)]
    spec, container = template["spec"], template["spec"]["containers"][0]
    spec |= {"hostname": view.launcher, "subdomain": view.name}
    container["env"] = [*(container.get("env") or []), *environment(view)]
    _with_keys(view, spec)
    items = [{"key": HOSTFILE, "path": HOSTFILE, "mode": 0o444}, {"key": DISCOVER, "path": DISCOVER, "mode": 0o555}]
    volume = {"name": "mpi-job-config", "configMap": {"name": f"{view.name}-config", "items": items}}
    spec["volumes"] = [*spec["volumes"], volume]
    container["volumeMounts"] = [*container["volumeMounts"], {"name": "mpi-job-config", "mountPath": "/etc/mpi"}]
    spec["restartPolicy"] = (view.replica(LAUNCHER) or {})["restartPolicy"]
    if reached_by_ssh(view.replica(WORKER)):
        with_agent(template)
    job: Obj = {"template": template}
    for field in ("ttlSecondsAfterFinished", "activeDeadlineSeconds", "backoffLimit"):
        if view.policy.get(field) is not None:
            job[field] = view.policy[field]
    if view.suspended:
        job["suspend"] = True
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": view.made(view.launcher), "spec": job}


def place(template: Obj, wanted: Obj) -> None:
    """Take over into the template of a suspended Job what says where its pods go, and what a queue wrote on them."""
    for field in ("labels", "annotations"):
        if merged := {**(template["metadata"].get(field) or {}), **(wanted["metadata"].get(field) or {})}:
            template["metadata"][field] = merged
    for field in ("nodeSelector", "tolerations", "schedulingGates"):
        if wanted["spec"].get(field):
            template["spec"][field] = wanted["spec"][field]
        else:
            template["spec"].pop(field, None)


def environment(view: View) -> list[Obj]:
    """Return the variables of the launcher in the operator's order; one that does not work must not take GPUs."""
    slots = str(view.spec["slotsPerWorker"])
    of = {
        "OpenMPI": [
            ("OMPI_MCA_orte_keep_fqdn_hostnames", "true"),
            ("OMPI_MCA_orte_default_hostfile", _HOSTFILE_PATH),
            ("OMPI_MCA_plm_rsh_args", _ATTEMPTS),
            ("OMPI_MCA_orte_set_default_slots", slots),
        ],
        "Intel": [
            ("I_MPI_HYDRA_HOST_FILE", _HOSTFILE_PATH),
            ("I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS", _ATTEMPTS),
            ("I_MPI_PERHOST", slots),
        ],
        "MPICH": [("HYDRA_HOST_FILE", _HOSTFILE_PATH), ("HYDRA_LAUNCH_EXTRA_ARGS", _ATTEMPTS)],
    }
    found: list[Obj] = [{"name": "K_MPI_JOB_ROLE", "value": "launcher"}]
    found += [{"name": name, "value": value} for name, value in of[view.spec["mpiImplementation"]]]
    idle = () if view.working_launcher else ("NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES")
    return found + [{"name": name} for name in idle]


def _template(view: View, kind: str) -> dict[str, Any]:
    """Return a copy of a replica type's template with the parts that are filled in."""
    template: dict[str, Any] = copy.deepcopy((view.replica(kind) or {}).get("template") or {})
    metadata = template.get("metadata") or {}
    template["metadata"] = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    return template


def _with_keys(view: View, spec: Obj) -> None:
    """Mount the keys where the image's ssh looks for them; root's ssh insists on a mode."""
    path = view.spec["sshAuthMountPath"]
    source: Obj = {"secretName": f"{view.name}-ssh", "items": [{"key": key, "path": file} for key, file in SSH_FILES]}
    if path == ROOT_SSH:
        source["defaultMode"] = 0o600
    container = spec["containers"][0]
    spec["volumes"] = [*(spec.get("volumes") or []), {"name": "ssh-auth", "secret": source}]
    container["volumeMounts"] = [*(container.get("volumeMounts") or []), {"name": "ssh-auth", "mountPath": path}]
