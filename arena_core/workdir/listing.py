"""Which files of a folder go along: what git does not ignore, in a checkout as git itself says it."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator

from arena_core.records import record
from arena_core.workdir.ignore import Ignored

#: The file in which a user says what is left out, whatever git says.
OWN = ".arenaignore"
#: Folders that are made again from what goes along.
_MADE = ("__pycache__",)
#: Seconds that git may take.
_PATIENCE = 60
_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")


@record
class Entry:
    """A file, a folder (``folder``) or a link (``link`` says where to) of the tree, named as seen from its root."""

    path: str
    mode: int
    size: int = 0
    folder: bool = False
    link: str = ""
    #: What changes when the file does.
    stamp: tuple[int, ...] = ()


@record
class Listing:
    """A folder and what goes along, in order; ``special`` are sockets and pipes, which cannot."""

    root: str
    entries: tuple[Entry, ...]
    special: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes the files have."""
        return sum(entry.size for entry in self.entries)

    @property
    def largest(self) -> list[Entry]:
        """The largest files first."""
        return sorted((entry for entry in self.entries if entry.size), key=lambda entry: (-entry.size, entry.path))


def listing(root: str) -> Listing:
    """Return what goes along of a folder; raises ``OSError`` where it cannot be read."""
    root = os.path.realpath(root)
    paths = _by_git(root)
    found = list(_walked(root)) if paths is None else [path for path in paths if _is_wanted(path)]
    own = Ignored([OWN])
    kept = [path for path in found if not own.leaves_out(root, path.rstrip("/"))]
    entries: dict[str, Entry] = {}
    special: list[str] = []
    for path in kept:
        _add(root, path.rstrip("/"), entries, special)
    return Listing(root, tuple(entries[path] for path in sorted(entries)), tuple(sorted(special)))


def _add(root: str, path: str, entries: dict[str, Entry], special: list[str]) -> None:
    """Add a path with the folders above it; one that is gone meanwhile (a tracked file that was removed) is none."""
    try:
        found = os.lstat(os.path.join(root, path))
    except OSError:
        return
    above = path.rpartition("/")[0]
    if above and above not in entries:
        _add(root, above, entries, special)
    mode, stamp = stat.S_IMODE(found.st_mode), (found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    if stat.S_ISREG(found.st_mode):
        entries[path] = Entry(path, mode, size=found.st_size, stamp=stamp)
    elif stat.S_ISLNK(found.st_mode):
        entries[path] = Entry(path, 0o777, link=os.readlink(os.path.join(root, path)), stamp=stamp)
    elif stat.S_ISDIR(found.st_mode):
        entries[path] = Entry(path, mode, folder=True)
    else:
        special.append(path)


def _is_wanted(path: str) -> bool:
    """Whether no part of the path is git's own or made again anyway."""
    return not {".git", *_MADE}.intersection(path.rstrip("/").split("/"))


def _by_git(root: str) -> list[str] | None:
    """Return the files of a folder of a checkout, and its empty folders (with a slash behind); None where there is no git or checkout."""
    files = _git(root, "-co")
    folders = _git(root, "-o", "--directory") if files is not None else None
    if files is None or folders is None:
        return None
    found = [path for path in files if not os.path.isdir(os.path.join(root, path)) or os.path.islink(os.path.join(root, path))]
    # Checkouts inside this one (submodules) are named as one path.
    inner = {path.rstrip("/") for path in files if path not in set(found)}
    for path in sorted(inner):
        if os.path.exists(os.path.join(root, path, ".git")):
            found += [f"{path}/{one}" for one in _by_git(os.path.join(root, path)) or ()]
    held = {above for path in found for above in _folders_of(path)}
    return found + [path for path in folders if path.endswith("/") and path.rstrip("/") not in held | inner]


def _folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _git(root: str, *options: str) -> list[str] | None:
    # A checkout's own configuration may name programs to run: none is wanted here.
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--exclude-standard", *options]
    environment = {key: value for key, value in os.environ.items() if key not in _VARIABLES} | {"GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    return [os.fsdecode(path) for path in done.stdout.split(b"\0") if path]


def _walked(root: str) -> Iterator[str]:
    """Yield the files of a folder that is no checkout, and its empty folders; ``.gitignore`` counts here, too."""
    ignored = Ignored([".gitignore", OWN])
    todo = [""]
    while todo:
        folder = todo.pop()
        ignored.read(root, folder)
        count = 0
        with os.scandir(os.path.join(root, folder)) as found:
            for entry in found:
                path = f"{folder}/{entry.name}" if folder else entry.name
                is_folder = entry.is_dir(follow_symlinks=False)
                if ignored.fits(path, folder=is_folder) or (is_folder and _is_made(entry)):
                    continue
                count += 1
                if is_folder:
                    todo.append(path)
                else:
                    yield path
        if folder and not count:
            yield f"{folder}/"


def _is_made(folder: os.DirEntry[str]) -> bool:
    """Whether it is git's, a cache, or a virtual environment: that belongs to this machine."""
    return folder.name == ".git" or folder.name in _MADE or os.path.exists(os.path.join(folder.path, "pyvenv.cfg"))
