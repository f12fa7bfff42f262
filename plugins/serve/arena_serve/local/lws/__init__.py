"""LeaderWorkerSets: groups of a leader and workers that live and are replaced together (kubernetes-sigs/lws 0.10)."""
