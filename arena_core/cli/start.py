"""Where the console script begins and ends: Ctrl-C is quiet from the first moment to the last. Imports nothing that is not there yet."""

import gc
import os
import sys

INTERRUPTED = 130


def start() -> None:
    """Run ``arena``. Loading the rest happens inside, so that Ctrl-C meanwhile is no traceback."""
    code, modules = INTERRUPTED, None
    try:
        try:
            # A command is short and makes few cycles: looking for them would take a tenth of a start, and half of reading a long list.
            gc.set_threshold(200_000, 50, 100)
            from arena_core.cli.together import install

            modules = install()
            from arena_core.cli.main import main
            from arena_core.cli.run import Run

            run = Run()  # held to the end of the process, which does not take it apart
            code = main(run=run)
        except KeyboardInterrupt:
            pass
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass
        if modules is not None and code != INTERRUPTED:
            modules.keep()
    except KeyboardInterrupt:
        pass  # it is over: what it has come to stays
    # Tearing down the interpreter costs as much as loading a command, and Ctrl-C meanwhile would change the exit code.
    os._exit(code)
