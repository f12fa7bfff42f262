"""One module a command, imported when it is used. Each has a ``COMMAND``: a ``Command``, or a ``Group`` where a further word chooses."""
