"""Fails while it is imported."""

raise RuntimeError("boom at import")
