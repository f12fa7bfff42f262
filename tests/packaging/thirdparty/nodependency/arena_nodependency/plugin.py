"""Needs what is not there."""

import surely_not_installed_anywhere  # noqa: F401

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2
