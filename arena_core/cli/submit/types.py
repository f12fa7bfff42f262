"""Job types by the word that a person uses for them."""

from __future__ import annotations
