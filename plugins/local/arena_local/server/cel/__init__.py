"""A small CEL: the expressions that the rules of the served CRDs use. What it does not know is said, not guessed."""

from __future__ import annotations

from arena_local.server.cel.cost import CostError, budget
from arena_local.server.cel.evaluate import evaluate
from arena_local.server.cel.parse import CelError, Expression, UnsupportedError, parse

__all__ = ["CelError", "CostError", "Expression", "UnsupportedError", "budget", "evaluate", "parse"]
