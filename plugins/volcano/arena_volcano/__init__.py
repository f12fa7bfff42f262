"""Volcano Job: batch jobs of several tasks with gang scheduling."""
