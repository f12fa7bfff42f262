"""Must never be imported: its names are claimed by others, too."""

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

raise AssertionError("a plugin whose name is in doubt was imported")
