"""The commands of ``arena serve``."""
