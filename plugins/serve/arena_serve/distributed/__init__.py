"""A server of several pods that work as one (LeaderWorkerSet): what ``arena serve distributed`` starts."""
