"""The job type ``hello``."""
