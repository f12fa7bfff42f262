"""A plugin that fails while it is imported."""
