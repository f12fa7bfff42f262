"""The job controller: from a Volcano Job to its PodGroup, pods, plugin objects and status."""
