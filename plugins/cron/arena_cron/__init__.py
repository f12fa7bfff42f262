"""Jobs of any type at times."""
