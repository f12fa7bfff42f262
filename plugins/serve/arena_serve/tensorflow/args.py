"""What a person may say of a TensorFlow Serving."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from arena_core.args import Image, flag
from arena_core.contract.types import Problem
from arena_serve.args import RolloutArgs
from arena_serve.deployment import options
from arena_serve.form import Start

_MODEL = re.compile(r"[A-Za-z0-9_-]+")
#: What part of a GPU a server that shares one takes: the device plugin says in the environment how much is its own.
_SHARE = """exec tensorflow_model_server --per_process_gpu_memory_fraction="$(awk \
"BEGIN{printf \\"%.2f\\", $ALIYUN_COM_GPU_MEM_CONTAINER / $ALIYUN_COM_GPU_MEM_DEV}")" "$@\""""
#: A flag under each of the headings of help.
_model = partial(flag, group="Model")


class TensorflowArgs(RolloutArgs):
    """Flags of ``arena serve tensorflow``."""

    RELEASE_MAX: ClassVar[int] = 44
    NAME_MAX: ClassVar[int] = 42
    REQUIRES_IMAGE: ClassVar[bool] = False

    image: Image = flag("tensorflow/serving:latest", help="Container image.", often=True, paths=("containers[].image",), min_length=1)
    port: int = flag(8500, help="Port of gRPC.", ge=1, le=65535, often=True, metavar="PORT", paths=("containers[].ports",))
    restful_port: int = flag(
        8501,
        help="Port of HTTP (0: none).",
        ge=0,
        le=65535,
        often=True,
        metavar="PORT",
        old=("restfulPort",),
        paths=("containers[].ports",),
    )
    model_name: str = _model(
        "", help="Name of the model, also in the address of a request.", often=True, metavar="NAME", old=("modelName",)
    )
    model_path: str = _model("", help="Folder or URL with the versions of the model.", often=True, metavar="PATH", old=("modelPath",))
    model_config_file: str = _model("", help="File in the container that lists several models.", metavar="PATH", old=("modelConfigFile",))
    monitoring_config_file: str = _model("", help="File in the container that says what is measured.", metavar="PATH")
    version_policy: str = _model("", help="Has no effect; a model configuration says it.", hidden=True, old=("versionPolicy",))

    @property
    def start(self) -> Start:
        """How the container starts without a command of the user's."""
        ports = [("serving", self.port), *([("http-serving", self.restful_port)] if self.restful_port else [])]
        about = [
            ("--port", str(self.port)),
            ("--rest_api_port", str(self.restful_port or "")),
            ("--model_name", self.model_name),
            ("--model_base_path", self.model_path),
            ("--model_config_file", self.model_config_file),
            ("--monitoring_config_file", self.monitoring_config_file),
        ]
        command = [self.shell, "-c", _SHARE, self.shell] if self.gpumemory else ["tensorflow_model_server"]
        return Start(command, options(about), ports)

    def own_probes(self) -> dict[str, Any]:
        """The port of gRPC is there when the models are loaded; Arena asks on 8500 whatever the port is."""
        asked = {"tcpSocket": {"port": self.port}, "periodSeconds": 5}
        return {"livenessProbe": {**asked, "initialDelaySeconds": 30, "failureThreshold": 30}, "readinessProbe": asked}

    def rules(self) -> Iterator[Problem]:
        """There is a model to serve, and each port is one thing."""
        yield from super().rules()
        if self.port == self.restful_port:
            yield Problem("the two ports are the same", "restful_port")
        if self.model_name and not _MODEL.fullmatch(self.model_name):
            yield Problem(f"{self.model_name!r} may have only letters, digits, '_' and '-'", "model_name")
        if self.command or self.model_config_file:
            return
        if not self.model_name:
            yield Problem("is required without --model-config-file", "model_name")
        if not self.model_path:
            yield Problem("is required without --model-config-file", "model_path")

    def notes(self) -> Iterator[str]:
        """What a command of the user's, or the server itself, does not look at."""
        yield from super().notes()
        if self.version_policy:
            yield "--version-policy has no effect: write the policy into the file of --model-config-file"
        if self.command:
            for field in ("model_path", "model_config_file", "monitoring_config_file"):
                if getattr(self, field):
                    yield f"--{field.replace('_', '-')} is not used: the command is given"
