"""Fails while it is imported."""

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

raise RuntimeError("boom at import")
