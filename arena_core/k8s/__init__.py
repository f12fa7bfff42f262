"""The small grammar of Kubernetes, read and written in one place.

Quantities, durations, selectors, conditions, owners, paths, times, names, and what a pod asks for. Standard library only, pure and
cheap to import: reading commands and the server of the local cluster use the same modules.
"""
