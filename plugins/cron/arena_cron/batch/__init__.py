"""Crons on CronJobs of plain Kubernetes."""
