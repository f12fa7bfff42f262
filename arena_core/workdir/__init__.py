"""A folder of this machine on its way to a cluster: which files belong to it, what must not go along, one archive of the rest."""
