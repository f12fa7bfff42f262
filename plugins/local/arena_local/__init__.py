"""The embedded local cluster: a Kubernetes API on this machine that runs pods as processes."""
