"""The archive of a folder: the same bytes for the same content, wherever and whenever it is made."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator
from typing import IO, Any, cast

from arena_core.contract.errors import UsageError
from arena_core.workdir.listing import Entry, Listing

#: Archives up to this size are kept in memory until they are sent, larger ones in a temporary file.
_IN_MEMORY = 8 * 1024 * 1024
_PIECE = 1 << 18
#: The time of every file: not 1970, which zip files and so Python's own packaging cannot express.
_TIME = 946684800


class Packed:
    """An archive (tar, gzip) of a folder, and the digest of its content: names, modes, links, bytes, but no times and no owners."""

    def __init__(self, found: Listing, digest: str, archive: IO[bytes], size: int) -> None:
        self.listing = found
        self.digest = digest
        #: How many bytes the archive has.
        self.size = size
        self._archive = archive

    def pieces(self) -> Iterator[bytes]:
        """Yield the archive."""
        self._archive.seek(0)
        while piece := self._archive.read(_PIECE):
            yield piece

    def content(self) -> bytes:
        """Return the archive as a whole."""
        return b"".join(self.pieces())


def pack(found: Listing) -> Packed:
    """Return the archive; raises ``UsageError`` where a file cannot be read or changes meanwhile."""
    digest = hashlib.sha256()
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - lives as long as what is packed
    # The number of bytes decides, not the content: the same content is packed in the same way.
    with gzip.GzipFile(
        filename="", fileobj=cast("IO[bytes]", out), mode="wb", compresslevel=6 if found.size < 4 << 20 else 1, mtime=0
    ) as packed:
        both = _Both(packed, digest)
        with tarfile.open(
            fileobj=cast("IO[bytes]", both), mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
        ) as archive:
            for entry in found.entries:
                _add(archive, found.root, entry)
    return Packed(found, digest.hexdigest(), cast("IO[bytes]", out), out.tell())


def _add(archive: tarfile.TarFile, root: str, entry: Entry) -> None:
    member = tarfile.TarInfo(entry.path)
    member.mode, member.mtime = entry.mode, _TIME
    if entry.link:
        member.type, member.linkname = tarfile.SYMTYPE, entry.link
        archive.addfile(member)
        return
    if entry.folder:
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
        return
    try:
        with open(os.path.join(root, entry.path), "rb") as file:  # noqa: PTH123 - the name may be no text
            member.size = os.fstat(file.fileno()).st_size
            archive.addfile(member, file)
    except OSError as error:
        raise UsageError(f"{entry.path}: {error.strerror or error}", f"it is a file of {root}, which is packed") from error


class _Both:
    """What tar writes goes into the archive and into the digest."""

    def __init__(self, *ends: Any) -> None:
        self._archive, self._digest = ends

    def write(self, data: bytes) -> int:
        self._archive.write(data)
        self._digest.update(data)
        return len(data)
