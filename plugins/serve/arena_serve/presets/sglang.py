"""``arena serve sglang MODEL``: the OpenAI-compatible server of SGLang."""

from __future__ import annotations

from typing import ClassVar

from arena_core.args import Image, flag
from arena_serve.presets.llm import ModelServerArgs

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


class SglangArgs(ModelServerArgs):
    """Flags of ``arena serve sglang``."""

    SUMMARY: ClassVar[str] = "a language model with SGLang, with OpenAI's API"

    image: Image = flag("lmsysorg/sglang:latest", help="Container image.", often=True, min_length=1)
    restful_port: int = flag(30000, help="Port of HTTP.", ge=0, le=65535, often=True, metavar="PORT", old=("restfulPort",))

    def program(self) -> list[str]:
        """Return the command of SGLang."""
        share = ["--tp-size", str(self.gpus), "--mem-fraction-static", f"{self.gpu_memory:g}"] if self.gpus else ["--device", "cpu"]
        start = ["python3", "-m", "sglang.launch_server", "--model-path", self.model]
        return [*start, "--host", "0.0.0.0", "--port", str(self.restful_port), *share]
