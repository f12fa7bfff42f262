"""Files from and to an instance, as kubectl copies them: a tar archive through a command in the container."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from arena_core.contract.errors import ArenaError, UsageError

if TYPE_CHECKING:
    from arena_core.kube.streams import ExecSession

_STDERR = 2
_PIECE = 1 << 16


class CopyFailed(ArenaError):
    """The copy is not there, or not whole."""


def fetch_command(path: str) -> list[str]:
    """Return the command that writes a file or a folder as an archive to its standard output."""
    place = PurePosixPath(path)
    name = place.name
    if not name or name == "..":
        raise UsageError(f"{path!r} names no file", "for example JOB:/data/model.pt")
    return ["tar", "cf", "-", "-C", str(place.parent), "--", name]


def store_command(folder: str) -> list[str]:
    """Return the command that unpacks an archive from its standard input into a folder."""
    return ["tar", "xf", "-", "-C", folder or "/"]


def fetch(session: ExecSession, target: Path) -> int:
    """Unpack what a session writes to ``target``, or into it where it is a folder; returns how many bytes of files there were.

    Names that lead out of the target, links and devices are not unpacked: a pod may not write where it likes.
    """
    source = Output(session)
    count = 0
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as archive:
            into = target.is_dir()
            for member in archive:
                parts = PurePosixPath(member.name).parts
                if _is_safe(member):
                    count += unpack(archive, member, target.joinpath(*parts) if into else target.joinpath(*parts[1:]))
    except tarfile.TarError as error:
        raise CopyFailed(f"nothing was copied: {source.said() or error}", "is tar installed in the image?") from error
    except OSError as error:
        raise CopyFailed(f"{error.filename or target}: {error.strerror or error}", "") from error
    while source.read(_PIECE):
        pass
    _check(session, source)
    return count


def _is_safe(member: tarfile.TarInfo) -> bool:
    parts = PurePosixPath(member.name).parts
    return bool(parts) and not member.name.startswith("/") and ".." not in parts and (member.isfile() or member.isdir())


def unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> int:
    """Write a file or make a folder; returns its size."""
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return 0
    content = archive.extractfile(member)
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as out:
        while content is not None and (data := content.read(_PIECE)):
            out.write(data)
    place.chmod(member.mode & 0o777)
    return member.size


def store(session: ExecSession, source: Path, name: str) -> int:
    """Send a file or a folder as ``name``; returns how many bytes of files there were."""
    count = sum(p.stat().st_size for p in ([source] if source.is_file() else source.rglob("*")) if p.is_file() and not p.is_symlink())
    with tarfile.open(fileobj=cast("IO[bytes]", _Input(session)), mode="w|", format=tarfile.GNU_FORMAT) as archive:
        archive.add(source, arcname=name, filter=_ours)
    session.close_stdin()
    output = Output(session)
    while output.read(_PIECE):
        pass
    _check(session, output)
    return count


def _ours(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out what is no file or folder, and who owns it here: the user in the pod is another."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member if member.isfile() or member.isdir() else None


def _check(session: ExecSession, output: Output) -> None:
    if session.broken:
        raise CopyFailed(f"the connection broke before the copy was whole: {session.broken}", "copy it again")
    if session.exit_code:
        said = output.said() or session.message
        raise CopyFailed(f"nothing whole was copied: {said}", "is tar installed in the image?" if session.exit_code in (126, 127) else "")


class Output(io.RawIOBase):
    """What a session writes to its standard output, as a file that tar reads; what it complains of is kept."""

    def __init__(self, session: ExecSession) -> None:
        self._pieces = self.pieces(session)
        self._rest = b""
        self._complaint = b""

    def pieces(self, session: ExecSession) -> Iterator[bytes]:
        """Yield what comes on its standard output."""
        while (piece := session.read()) is not None:
            channel, data = piece
            if channel == _STDERR:
                self._complaint = (self._complaint + data)[-2000:]
            else:
                yield data

    def read(self, size: int = -1) -> bytes:
        """Read, as of any file."""
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._rest += piece
        end = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:end], self._rest[end:]
        return data

    def said(self) -> str:
        """Return what the command complained of, in one line."""
        return "; ".join(line.strip() for line in self._complaint.decode("utf-8", "replace").splitlines() if line.strip())


class _Input(io.RawIOBase):
    """A session's standard input, as a file that tar writes."""

    def __init__(self, session: ExecSession) -> None:
        self._session = session

    def write(self, data: object) -> int:
        payload = bytes(cast("bytes", data))
        for start in range(0, len(payload), _PIECE):
            self._session.write(payload[start : start + _PIECE])
        return len(payload)
