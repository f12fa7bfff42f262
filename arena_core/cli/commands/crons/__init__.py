"""The commands of ``arena cron``."""
