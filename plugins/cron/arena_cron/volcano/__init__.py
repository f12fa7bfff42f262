"""Crons of Volcano Jobs on Volcano's CronJob."""
