"""What a person may say of a server of their own."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.args import flag
from arena_core.contract.types import Problem
from arena_serve import ports
from arena_serve.args import RolloutArgs


class CustomArgs(RolloutArgs):
    """Flags of ``arena serve custom``."""

    port: int = flag(0, help="Port of gRPC (0: none).", ge=0, le=65535, often=True, metavar="PORT", paths=("containers[].ports",))
    restful_port: int = flag(
        0, help="Port of HTTP (0: none).", ge=0, le=65535, often=True, metavar="PORT", old=("restfulPort",), paths=("containers[].ports",)
    )
    metrics_port: int = flag(0, help="Port of the metrics (0: none).", ge=0, le=65535, often=True, metavar="PORT")

    @property
    def ports(self) -> tuple[tuple[str, int], ...]:
        """The ports that are served, by Arena's names."""
        return ports.served(self)

    def rules(self) -> Iterator[Problem]:
        """A server can be reached; each port is one thing."""
        yield from super().rules()
        yield from ports.problems(self)
