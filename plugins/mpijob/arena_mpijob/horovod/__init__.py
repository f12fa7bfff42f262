"""Horovod on MPIJobs: Arena's own type of that name has no operator any more."""
