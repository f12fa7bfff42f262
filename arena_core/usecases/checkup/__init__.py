"""``check``: what a cluster lacks for the jobs of this user, told before one is submitted."""
