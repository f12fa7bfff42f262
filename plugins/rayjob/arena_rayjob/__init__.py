"""RayJob of KubeRay: a command on a Ray cluster of its own, a head and workers."""
