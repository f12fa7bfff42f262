"""Talks to a Kubernetes API: kubeconfig, transport, paging, watch, logs, exec, and refusals in words.

``connect.connect`` gives a ``cluster.Cluster``; what the server refuses is in ``refusals``. A read imports nothing but the standard
library. Nothing is re-exported here: a read should not pay for what it does not use.
"""
