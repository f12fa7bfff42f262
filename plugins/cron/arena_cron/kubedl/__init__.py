"""Crons on KubeDL's Cron."""
