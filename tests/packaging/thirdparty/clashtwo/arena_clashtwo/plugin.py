"""Must never be imported: its names are claimed by others, too."""

raise AssertionError("a plugin whose name is in doubt was imported")
