"""A third party's job type: says something, on a plain Job."""
