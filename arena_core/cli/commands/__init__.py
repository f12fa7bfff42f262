"""One module a command, imported when the command is used. Each has a ``COMMAND``, or ``open_group`` where a further word chooses."""
