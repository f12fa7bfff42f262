"""``what-if``: what would become of a job, by a copy of the cluster; nothing is written."""
