"""``arena serve vllm MODEL``: the OpenAI-compatible server of vLLM."""

from __future__ import annotations

from typing import ClassVar

from arena_core.args import Image, flag
from arena_serve.presets.llm import ModelServerArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


class VllmArgs(ModelServerArgs):
    """Flags of ``arena serve vllm``."""

    SUMMARY: ClassVar[str] = "a language model with vLLM, with OpenAI's API"

    image: Image = flag("vllm/vllm-openai:latest", help="Container image.", often=True, min_length=1)
    restful_port: int = flag(8000, help="Port of HTTP.", ge=0, le=65535, often=True, metavar="PORT", old=("restfulPort",))

    def program(self) -> list[str]:
        """Return the command of vLLM."""
        share = ["--tensor-parallel-size", str(self.gpus), "--gpu-memory-utilization", f"{self.gpu_memory:g}"] if self.gpus else []
        return ["vllm", "serve", self.model, "--host", "0.0.0.0", "--port", str(self.restful_port), *share]
