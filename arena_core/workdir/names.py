"""What the parts of a pod are called that bring the user's folder."""

from __future__ import annotations

from arena_core.k8s import dig
from arena_core.typed import Any

#: Names of the volumes (the folder, and what the archive comes in) and of the init container.
FOLDER, PARCEL, CONTAINER = "workdir", "workdir-parcel", "workdir"
#: Where the init container finds the archive.
INBOX, ARCHIVE = "/arena-workdir", "workdir.tar.gz"
#: The variable by which what brings it finds that place.
INBOX_VARIABLE = "ARENA_WORKDIR_INBOX"
#: The folder of a claim in which archives lie.
SHELF = ".arena-workdirs"


def shelf_name(digest: str) -> str:
    """Return what an archive is called in a claim."""
    return f"{digest[:40]}.tar.gz"


def is_brought(spec: Any) -> bool:
    """Whether the pods of this spec wait until somebody brings the archive: it is too large to travel in an object.

    >>> is_brought({"volumes": [{"name": "workdir-parcel", "emptyDir": {}}]}), is_brought({})
    (True, False)
    """
    return any(volume.get("name") == PARCEL and "emptyDir" in volume for volume in dig.items(spec, "volumes"))
