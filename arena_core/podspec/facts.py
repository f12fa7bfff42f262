"""What a job type tells the builders besides its arguments: how the job is labelled, and how one of its roles differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena_core.records import field, record


@record
class JobFacts:
    """The job as a whole.

    ``app``, ``created_by`` and ``chart`` are the values of the labels by which Arena knows its jobs (``pytorchjob``,
    ``PyTorchJob``, ``pytorchjob-0.5.2``). ``workers`` is the env variable of that name (None: leave the count variables out);
    ``total_gpus`` the GPUs of all pods together (None: leave the annotation out).
    """

    app: str
    created_by: str = ""
    chart: str = ""
    workers: int | None = None
    total_gpus: int | None = None


@record
class Role:
    """Equal pods of a job, and how they differ from the arguments; an empty value or None means "as the arguments say".

    ``env`` are defaults: what the user set wins. ``ports`` are (name, number). ``labels`` and ``annotations`` are added to the pod
    template. ``logs`` says whether the folder of logs is mounted (``args.log_folder()``), ``devices`` and ``rdma`` whether the
    extended resources of the arguments belong to this role.
    """

    container: str
    image: str = ""
    gpus: int | None = None
    cpu: str = ""
    memory: str = ""
    cpu_limit: str = ""
    memory_limit: str = ""
    devices: bool = True
    rdma: bool = True
    selectors: Mapping[str, str] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[tuple[str, int], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    affinity: Mapping[str, Any] | None = None
    restart_policy: str = ""
    logs: bool = True
