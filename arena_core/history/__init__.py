"""The flight recorder: what was submitted from this machine, what became of it, and the end of its logs. Knows no cluster."""
