"""``--debug-stacks``: what makes Python write its stacks when it is asked, without ptrace and without a change to the program.

Python imports ``sitecustomize`` from its path at every start; ours registers faulthandler for a signal that nobody uses, to write into a
file in memory that `arena stacks` reads. Then it loads the image's own ``sitecustomize``.
"""

from __future__ import annotations

from arena_core.args import ConfigFile, PodArgs
from arena_core.args.groups import STACKS_FOLDER as FOLDER

#: Python 3.7 and later; where anything is missing (no Linux, no memfd) the program starts as it would without it.
SITE = '''\
"""Put here by `arena submit --debug-stacks`: `arena stacks` asks for the stacks of this process with signal 57."""


def _listen():
    import faulthandler
    import os
    import threading

    before = []

    def register():
        try:
            number = os.memfd_create("arena-stacks")
            os.write(number, b"arena-stacks 1 %x\\n" % threading.main_thread().ident)
            faulthandler.register(57, file=number, all_threads=True)
            while before:
                os.close(before.pop())
            before.append(number)
        except Exception:
            pass

    register()
    os.register_at_fork(after_in_child=register)


def _next():
    import os
    import sys
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.realpath(os.path.dirname(__file__))
    found = PathFinder.find_spec("sitecustomize", [p for p in sys.path if os.path.realpath(p or ".") != here])
    if found is not None and found.loader is not None:
        module = module_from_spec(found)
        sys.modules["sitecustomize"] = module
        found.loader.exec_module(module)


try:
    _listen()
except Exception:
    pass
_next()
'''


def files(args: PodArgs) -> tuple[ConfigFile, ...]:
    """Return the files that travel with the job for it."""
    path = f"{FOLDER}/sitecustomize.py"
    return (ConfigFile("", path, SITE.encode()),) if args.debug_stacks else ()


def before_command(args: PodArgs) -> str:
    """Return what the shell does before the command: a PYTHONPATH of the image or of the user's stays behind ours."""
    if not args.debug_stacks:
        return ""
    return f'arena_stacks={FOLDER}; export PYTHONPATH="$arena_stacks${{PYTHONPATH:+:$PYTHONPATH}}"; '


def variables(args: PodArgs) -> dict[str, str]:
    """Return the variable for containers whose command is not ours: the image's own PYTHONPATH is replaced there."""
    if not args.debug_stacks or args.command:
        return {}
    own = args.env.get("PYTHONPATH")
    return {"PYTHONPATH": f"{FOLDER}:{own}" if own else FOLDER}
