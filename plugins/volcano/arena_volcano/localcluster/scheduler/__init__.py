"""Volcano's scheduler: sessions once a second with the actions enqueue, allocate, backfill and a report of what became of each gang."""
