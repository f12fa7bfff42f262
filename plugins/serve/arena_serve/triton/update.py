"""What may be changed of a Triton Inference Server while it serves."""

from __future__ import annotations

from arena_core.args import flag
from arena_core.contract.types import Manifest
from arena_serve.names import TRITON_CONTAINER
from arena_serve.update import UpdateArgs, updated, with_options

#: Where Triton serves its metrics if nobody says otherwise.
METRICS_PORT = 8002


class TritonUpdateArgs(UpdateArgs):
    """Flags of ``arena serve update triton``."""

    model_repository: str = flag("", help="Folder or URL of the models.", group="Model", often=True, metavar="PATH")
    allow_metrics: bool | None = flag(None, help="Serve metrics, too.")

    def options(self) -> dict[str, str]:
        """The server's own flags that change."""
        every = {
            "--model-repository": self.model_repository,
            "--allow-metrics": "" if self.allow_metrics is None else str(self.allow_metrics).lower(),
        }
        return {name: text for name, text in every.items() if text}


def changed(job: Manifest, args: TritonUpdateArgs) -> Manifest:
    """Return the live Deployment with what is to change."""
    new = with_options(updated(job, args, TRITON_CONTAINER), TRITON_CONTAINER, args.options())
    return _with_metrics(new) if args.allow_metrics else new


def _with_metrics(job: Manifest) -> Manifest:
    """Name the port of the metrics at the container, where they come to be served; its Service stays as it is."""
    for one in job["spec"]["template"]["spec"]["containers"]:
        ports = one.get("ports") or []
        if one.get("name") == TRITON_CONTAINER and not any(port.get("name") == "metrics" for port in ports):
            one["ports"] = [*ports, {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"}]
    return job
