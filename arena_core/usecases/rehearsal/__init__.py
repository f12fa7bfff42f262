"""``submit --rehearse``: a job's first seconds on a local cluster that is thrown away, before it goes to the real one."""
