"""The ports of a server whose image nobody knows: gRPC, HTTP and metrics, as its flags say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_core.contract.types import Problem


def served(args: Any) -> tuple[tuple[str, int], ...]:
    """Return the ports that are served, by Arena's names."""
    every = (("grpc", args.port), ("restful", args.restful_port), ("metrics", args.metrics_port))
    return tuple((name, number) for name, number in every if number)


def problems(args: Any) -> Iterator[Problem]:
    """Yield what keeps the server from being reached, and two ports that are one."""
    if not (args.port or args.restful_port):
        yield Problem("no port is given: nobody could reach the server", "restful_port", "--restful-port for HTTP, --port for gRPC")
    numbers = [number for _, number in served(args)]
    if len(set(numbers)) < len(numbers):
        yield Problem("two ports are the same", "metrics_port" if args.metrics_port in numbers[:-1] else "restful_port")
