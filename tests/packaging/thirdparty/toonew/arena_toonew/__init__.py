"""A plugin for a contract of the future."""
