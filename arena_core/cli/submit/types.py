"""Job types by the word that a person uses for them."""

from __future__ import annotations

from arena_core.cli.parse import nearest
from arena_core.errors import UnknownJobType
from arena_core.types import JobHandle
