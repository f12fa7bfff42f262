"""What a person may say of a Triton Inference Server."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from arena_core.args import Image, flag
from arena_core.contract.types import Problem
from arena_core.podspec import literal
from arena_serve.args import RolloutArgs
from arena_serve.deployment import options
from arena_serve.form import Start
from arena_serve.values import Texts

#: The image that goes with each backend.
IMAGES = {
    "": "nvcr.io/nvidia/tritonserver:24.01-py3",
    "vllm": "nvcr.io/nvidia/tritonserver:24.01-vllm-python-py3",
    "trt-llm": "nvcr.io/nvidia/tritonserver:24.01-trtllm-python-py3",
}


def _port(number: int, what: str) -> Any:
    return flag(number, help=f"Port of {what}.", ge=1, le=65535, often=True, metavar="PORT", paths=("containers[].ports",))


class TritonArgs(RolloutArgs):
    """Flags of ``arena serve triton``."""

    RELEASE_MAX: ClassVar[int] = 41
    NAME_MAX: ClassVar[int] = 39
    REQUIRES_IMAGE: ClassVar[bool] = False

    image: Image = flag(
        "", help="Container image.", often=True, default_text="the image of Triton 24.01 for the backend", paths=("containers[].image",)
    )
    backend: Literal["", "vllm", "trt-llm"] = flag("", help="Backend of language models, for which there are images; it needs a GPU.")
    model_repository: str = flag("", help="Folder or URL of the models.", group="Model", often=True, metavar="PATH")
    load_models: Texts = flag(
        (), help="Model to load, and no others (without it: all); repeatable.", name="load-model", group="Model", metavar="MODEL"
    )
    http_port: int = _port(8000, "HTTP")
    grpc_port: int = _port(8001, "gRPC")
    metrics_port: int = _port(8002, "the metrics, with --allow-metrics")
    allow_metrics: bool = flag(False, help="Serve metrics, too.")
    extend_command: str = flag("", help="Further flags of tritonserver, in one text.", metavar="FLAGS")

    @property
    def start(self) -> Start:
        """How the container starts without a command of the user's."""
        about = [
            ("--http-port", str(self.http_port)),
            ("--grpc-port", str(self.grpc_port)),
            ("--metrics-port", str(self.metrics_port) if self.allow_metrics else ""),
            ("--allow-metrics", str(self.allow_metrics).lower()),
            ("--model-repository", self.model_repository),
            # Without it Triton looks at no --load-model.
            ("--model-control-mode", "explicit" if self.load_models else ""),
            *(("--load-model", name) for name in self.load_models),
        ]
        return Start(["tritonserver"], [*options(about), *map(literal, shlex.split(self.extend_command))], self.ports)

    def own_probes(self) -> dict[str, Any]:
        """It lives when it answers, which a large model delays for long, and is ready when its models are."""
        live, ready = ({"httpGet": {"path": f"/v2/health/{what}", "port": "http"}} for what in ("live", "ready"))
        return {
            "startupProbe": {**live, "periodSeconds": 10, "failureThreshold": 180},
            "livenessProbe": {**live, "periodSeconds": 5, "failureThreshold": 30},
            "readinessProbe": {**ready, "periodSeconds": 5},
        }

    def rules(self) -> Iterator[Problem]:
        """A backend has its GPU, there are models, and each port is one thing."""
        yield from super().rules()
        if self.backend and not self.gpus:
            yield Problem(f"the backend {self.backend} needs a GPU", "gpus", "give --gpus 1 or more")
        numbers = [number for _, number in self.ports]
        if len(set(numbers)) < len(numbers):
            yield Problem("two ports are the same", "grpc_port" if self.grpc_port == self.http_port else "metrics_port")
        if not self.command and not self.model_repository:
            yield Problem("where are the models?", "model_repository", "a folder of --data, or a URL (s3://...)")
        try:
            shlex.split(self.extend_command)
        except ValueError as error:
            yield Problem(f"{self.extend_command!r} cannot be parted into words: {error}", "extend_command")

    @property
    def ports(self) -> list[tuple[str, int]]:
        """The ports that are served."""
        return [("http", self.http_port), ("grpc", self.grpc_port), *([("metrics", self.metrics_port)] if self.allow_metrics else [])]

    def notes(self) -> Iterator[str]:
        """What a command of the user's does not look at."""
        yield from super().notes()
        if self.command:
            for field, name in (
                ("model_repository", "model-repository"),
                ("load_models", "load-model"),
                ("extend_command", "extend-command"),
            ):
                if getattr(self, field):
                    yield f"--{name} is not used: the command is given"
        if self.backend and self.image:
            yield "--backend only chooses the image, and that is given"
