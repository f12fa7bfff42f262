"""Volcano 1.15 for the local cluster: job, queue and pod-group controllers, the gang scheduler, the webhooks, the job plugins."""
