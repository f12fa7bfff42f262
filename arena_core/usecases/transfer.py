"""Files into a volume claim and out of one: an archive through a helper pod, whose digest both sides must agree on."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from arena_core.contract.errors import UsageError
from arena_core.usecases.copying import CopyFailed, Output, unpack

if TYPE_CHECKING:
    from arena_core.kube.streams import ExecSession

_PIECE = 1 << 16
#: Goes down to folder ``$0`` of the claim; a link on the way might lead out of it.
_DOWN = """set -f; cd "$ARENA_DATA" || exit 3; IFS=/
for part in $0; do
  if [ -L "./$part" ]; then echo "$part is a link, and links are not followed" >&2; exit 4; fi
  {make}cd "./$part" || exit 4
done
unset IFS; t=$(mktemp -d) && mkfifo "$t/pipe" || exit 3
"""
#: Unpacks ``$1`` bytes of an archive there; prints the digest of what came.
PUT = (
    _DOWN.replace("{make}", '[ -d "./$part" ] || mkdir "./$part" || exit 4; ')
    + """\
sha256sum < "$t/pipe" > "$t/sum" & head -c "$1" | tee "$t/pipe" | tar xf -; code=$?
wait; cut -c 1-64 "$t/sum"; rm -rf "$t"; exit $code"""
)
#: Packs ``$1`` of it; the digest of what was sent goes to standard error.
GET = (
    _DOWN.replace("{make}", "")
    + """\
[ -e "./$1" ] || [ -L "./$1" ] || { echo "it has no $1 there" >&2; exit 4; }
sha256sum < "$t/pipe" > "$t/sum" & { tar cf - -- "$1"; echo $? > "$t/code"; } | tee "$t/pipe"
wait; echo "sha256 $(cut -c 1-64 "$t/sum")" >&2; code=$(cat "$t/code"); rm -rf "$t"; exit $code"""
)


class Moved(NamedTuple):
    """What was copied: files and their bytes."""

    files: int
    size: int


Tell = Callable[[int, int], None]


def inside(claim: str, path: str) -> PurePosixPath:
    """Return a path of a claim, which never leads out of it."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path:
        raise UsageError(f"{path!r} leads out of claim {claim}", "a path of a claim begins at its own top: data/train.csv")
    return PurePosixPath(*parts) if parts else PurePosixPath(".")


def members(source: Path, name: str) -> list[tuple[Path, tarfile.TarInfo]]:
    """Return what is sent of a file or a folder, links as links; refuse what is neither, and links that lead out, by name."""
    found, wrong = [], []
    for path in [source, *(sorted(source.rglob("*")) if source.is_dir() and not source.is_symlink() else ())]:
        below = path.relative_to(source)
        info = tarfile.TarInfo(name if path == source else f"{name}/{below}")
        status = path.lstat()
        info.mode, info.mtime = status.st_mode & 0o7777, int(status.st_mtime)
        if path.is_symlink():
            info.type, info.linkname = tarfile.SYMTYPE, os.readlink(path)  # noqa: PTH115 - as it is written
            wrong += [str(path)] if _leads_out(below, info.linkname) else []
        elif path.is_dir():
            info.type = tarfile.DIRTYPE
        elif path.is_file():
            info.size = status.st_size
        else:
            wrong.append(str(path))
        found.append((path, info))
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise UsageError(f"nothing was sent: {', '.join(wrong[:5])}{more} is no file, or a link that leads out", "move it away first")
    return found


def _leads_out(where: Path, link: str) -> bool:
    return link.startswith("/") or os.path.normpath(where.parent / link).split("/")[0] == ".."


def length(found: list[tuple[Path, tarfile.TarInfo]]) -> int:
    """Return how many bytes the archive has."""
    total = sum(len(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")) + -(-info.size // 512) * 512 for _, info in found)
    return -(-(total + 1024) // tarfile.RECORDSIZE) * tarfile.RECORDSIZE


def put(run: Callable[[list[str]], ExecSession], folder: str, found: list[tuple[Path, tarfile.TarInfo]], tell: Tell) -> Moved:
    """Send the members; ``run`` starts a command in the pod."""
    total = length(found)
    with closing(run(["sh", "-c", PUT, folder, str(total)])) as session:
        return _send(session, found, lambda done: tell(done, total))


def _send(session: ExecSession, found: list[tuple[Path, tarfile.TarInfo]], tell: Callable[[int], None]) -> Moved:
    sink, at = _Sink(session, tell), ""
    try:
        with tarfile.open(
            fileobj=cast("IO[bytes]", sink), mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        ) as archive:
            for path, info in found:
                at = info.name
                if info.isreg():
                    with path.open("rb") as file:
                        archive.addfile(info, file)
                else:
                    archive.addfile(info)
        at = ""
        session.close_stdin()
    except OSError as error:
        broken = f"{error.strerror or error}"
        raise CopyFailed(f"{_partly(found, at)}: {_said(session) or broken}", "copy it again") from error
    output = Output(session)
    digest = output.read().decode("utf-8", "replace").strip()
    if session.broken or session.exit_code or digest != sink.digest.hexdigest():
        why = session.broken or output.said() or session.message or "what arrived is not what was sent"
        raise CopyFailed(f"what is in the claim is not whole: {why}", "copy it again")
    files = [info for _, info in found if info.isreg()]
    return Moved(len(files), sum(info.size for info in files))


def _partly(found: list[tuple[Path, tarfile.TarInfo]], at: str) -> str:
    names = [info.name for _, info in found]
    done = names.index(at) if at in names else len(names)
    return f"the copy broke off at {at or 'its end'}, {done} of {len(names)} files and folders were sent"


def _said(session: ExecSession) -> str:
    try:
        output = Output(session)
        output.read()
        return output.said() or session.message
    except OSError:
        return ""


class _Sink(io.RawIOBase):
    """What tar writes goes to a session, and into a digest."""

    def __init__(self, session: ExecSession, tell: Callable[[int], None]) -> None:
        self._session = session
        self._tell = tell
        self._count = 0
        self.digest = hashlib.sha256()

    def write(self, data: Any) -> int:
        payload = bytes(data)
        for start in range(0, len(payload), _PIECE):
            self._session.write(payload[start : start + _PIECE])
        self.digest.update(payload)
        self._count += len(payload)
        self._tell(self._count)
        return len(payload)


def get(run: Callable[[list[str]], ExecSession], folder: str, name: str, target: Path, tell: Tell) -> Moved:
    """Fetch a file or a folder as ``target``."""
    with closing(run(["sh", "-c", GET, folder, name])) as session:
        return _fetch(session, target, lambda done: tell(done, 0), whole=name == ".")


def _fetch(session: ExecSession, target: Path, tell: Callable[[int], None], *, whole: bool) -> Moved:
    source = _Source(session, tell)
    files, size = 0, 0
    links: list[tuple[Path, str]] = []
    astray: list[str] = []
    at = ""
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|", encoding="utf-8", errors="surrogateescape") as archive:
            for member in archive:
                at = member.name
                place = _place(target, member, whole=whole)
                if place is None or not (member.isreg() or member.isdir() or _is_own_link(member, whole=whole)):
                    astray.append(member.name)
                elif member.issym():
                    links.append((place, member.linkname))
                else:
                    size += _write(archive, member, place)
                    files += member.isreg()
        while source.read(_PIECE):
            pass
    except (tarfile.TarError, EOFError) as error:
        text = "nothing was copied" if not at else f"the copy broke off at {at}, what is there is not whole"
        raise CopyFailed(f"{text}: {session.broken or source.said() or error}") from error
    except OSError as error:
        raise CopyFailed(f"{error.filename or target}: {error.strerror or error}; what is there is not whole") from error
    for place, link in links:
        _link(place, link)
    _agree(session, source, at)
    if astray:
        more = f" and {len(astray) - 5} more" if len(astray) > 5 else ""
        raise CopyFailed(f"all but this was copied: {', '.join(astray[:5])}{more} (links that lead out, special files)")
    return Moved(files, size)


def _agree(session: ExecSession, source: _Source, at: str) -> None:
    said, _, digest = source.said().rpartition("sha256 ")
    if session.broken or session.exit_code or digest.strip() != source.digest.hexdigest():
        why = session.broken or said.strip("; ") or session.message or "what arrived is not what was sent"
        raise CopyFailed(f"{'what was copied is not whole' if at else 'nothing was copied'}: {why}")


def _place(target: Path, member: tarfile.TarInfo, *, whole: bool) -> Path | None:
    """Return where a member goes; None where its name leads out of the target. Of a whole claim names have no first part in common."""
    parts = PurePosixPath(member.name).parts
    return None if member.name.startswith("/") or ".." in parts else target.joinpath(*parts[0 if whole else 1 :])


def _is_own_link(member: tarfile.TarInfo, *, whole: bool) -> bool:
    return member.issym() and not _leads_out(Path(*Path(member.name).parts[0 if whole else 1 :]), member.linkname)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> int:
    if place.is_symlink():
        raise FileExistsError(17, "is a link, and would lead elsewhere", str(place))
    return unpack(archive, member, place)


def _link(place: Path, link: str) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(link)
    except OSError as error:
        raise CopyFailed(f"{place}: {error.strerror or error}; what is there is not whole") from error


class _Source(Output):
    """What comes of a session, and the digest of it."""

    def __init__(self, session: ExecSession, tell: Callable[[int], None]) -> None:
        super().__init__(session)
        self._tell = tell
        self._count = 0
        self.digest = hashlib.sha256()

    def pieces(self, session: ExecSession) -> Iterator[bytes]:
        """Yield what comes."""
        for piece in super().pieces(session):
            self.digest.update(piece)
            self._count += len(piece)
            self._tell(self._count)
            yield piece
