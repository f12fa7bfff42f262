"""The AppWrapper operator of the local cluster, as version 1.2.1 behaves."""
