"""Jobs of plain Kubernetes, and JobSets."""
