"""What the presets of servers of language models share: a model in place of a command, GPUs that work on it together, a health path."""

from __future__ import annotations

import re
import shlex
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from arena_core.args import Image, Preset, Words, flag, to_job_file
from arena_core.contract.types import Problem
from arena_serve.custom.args import CustomArgs

#: A model may have to be fetched first: seconds between two questions, and how often the answer may be no (an hour).
PERIOD, PATIENCE = 10, 360
NAME_MAX = 30
#: What processes on several GPUs talk through; a container's own 64 MiB are too few.
SHARED_MEMORY = "4Gi"


def name_of(model: str) -> str:
    """Return a server's name after a model's: ``Qwen/Qwen2.5-7B`` is ``qwen2-5-7b``; empty where nothing of it can stand in a name.

    >>> name_of("Qwen/Qwen2.5-7B"), name_of("/models/Llama_3/")
    ('qwen2-5-7b', 'llama-3')
    """
    last = model.rstrip("/").rpartition("/")[2].lower()
    return re.sub(r"[^a-z0-9]+", "-", last).lstrip("0123456789-")[:NAME_MAX].strip("-")


class ModelServerArgs(Preset, CustomArgs):
    """Flags of a server of a language model: those of ``custom``, and what such servers have in common."""

    PRESET_OF: ClassVar[str] = "custom-serving"
    REQUIRES_IMAGE: ClassVar[bool] = False
    HEALTH: ClassVar[str] = "/health"

    name: str = flag("", help="Name of the server.", often=True, default_text="the model's own", metavar="NAME")
    image: Image = flag("", help="Container image.", often=True, min_length=1)
    gpus: int = flag(1, help="GPUs of each instance, which hold the model together (tensor parallel).", often=True, ge=0)
    gpu_memory: float = flag(0.9, help="Share of each GPU's memory that the server may take.", gt=0, le=1, often=True, metavar="SHARE")
    command: Words = flag((), help="The model, then further flags of the server.", metavar="MODEL [FLAG...]")

    @property
    def model(self) -> str:
        """What is served: a name on a hub, or a folder."""
        return self.command[0]

    @abstractmethod
    def program(self) -> list[str]:
        """The program and its flags, without those that the user adds."""

    def expand(self) -> dict[str, Any]:
        """The arguments of ``custom-serving`` that these stand for."""
        given = {key: value for key, value in to_job_file("", self).items() if key not in ("type", "gpu-memory", "command")}
        asks = {"path": self.HEALTH, "port": str(self.restful_port)}
        made: dict[str, Any] = {"name": name_of(self.model), "image": self.image, "restful-port": self.restful_port}
        if self.gpus:
            made["gpus"] = self.gpus
        for kind, often in (("startup", {"failureThreshold": str(PATIENCE)}), ("readiness", {}), ("liveness", {"failureThreshold": "6"})):
            if not getattr(self, f"{kind}_probe_action"):
                made[f"{kind}-probe-action"] = "httpGet"
                made[f"{kind}-probe-action-option"] = asks
                made[f"{kind}-probe-option"] = {"periodSeconds": str(PERIOD), **often}
        if self.gpus > 1 and not self.share_memory:
            made["share-memory"] = SHARED_MEMORY
        return {**made, **given, "command": shlex.join([*self.program(), *self.command[1:]])}

    def rules(self) -> Iterator[Problem]:
        """There is a model, and a name for its server."""
        yield from super().rules()
        if not self.command:
            yield Problem("the model is missing", "command", "a name on a hub, or a folder of --data")
        elif not self.name and not name_of(self.model):
            yield Problem(f"no name of a server can be made of {self.model!r}", "name", "give one with --name")
        if not self.restful_port:
            yield Problem("the server needs a port of HTTP", "restful_port")
