"""``--workdir``: a folder of this machine that the job has as its working directory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from arena_core.args.fields import Image, ObjectName, Quantity
from arena_core.args.flags import flag
from arena_core.args.groups import Extra, PodArgs
from arena_core.args.markers import BeforeValidator, PlainSerializer, WithJsonSchema
from arena_core.contract.building import WORKDIR
from arena_core.contract.errors import UsageError
from arena_core.contract.types import Problem
from arena_core.home import expanded
from arena_core.k8s import quantity

if TYPE_CHECKING:
    from arena_core.workdir.pack import Packed

GROUP = "Working directory"
#: Where it is in the containers unless --working-dir says otherwise: nothing of an image's is hidden by it.
PLACE = "/workdir"
#: An archive up to this size travels in a ConfigMap, which holds one mebibyte.
SMALL = 900 * 1024
#: A flag under each of the headings of help.
_working_directory = partial(flag, group=GROUP)


class WorkFolder:
    """A folder that goes along. It is read when the arguments are, as a whole; what is built of it later asks no disk."""

    def __init__(self, source: str, root: str) -> None:
        self.source = source
        self.root = root
        self._packed: Packed | None = None
        self._small = b""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkFolder) and self.root == other.root

    def __hash__(self) -> int:
        return hash(self.root)

    def __repr__(self) -> str:
        return f"WorkFolder({self.source!r})"

    @property
    def archive(self) -> bytes:
        """Its archive where that is small enough to travel with the job; otherwise somebody has to bring it."""
        return self._small

    @property
    def packed(self) -> Packed:
        """What was read of it."""
        if self._packed is None:
            raise UsageError(f"{self.source} has not been read")
        return self._packed

    def read(self, limit: int) -> Iterator[Problem]:
        """Pack the folder, or yield what stops that."""
        from arena_core.workdir.checks import problems
        from arena_core.workdir.last import packed

        if self._packed is not None:
            return
        try:
            found = packed(self.root, lambda listing: list(problems(listing, limit)))
        except (OSError, UsageError) as error:
            text = f"{error.filename or self.source}: {error.strerror or error}" if isinstance(error, OSError) else error.message
            yield Problem(f"the folder cannot be read: {text}", "workdir")
            return
        if isinstance(found, list):
            yield from (Problem(text, "workdir", hint) for text, hint in found)
        else:
            self._packed, self._small = found, found.content() if found.size <= SMALL else b""


def _folder(value: Any) -> Any:
    if isinstance(value, WorkFolder) or value == "":
        return value
    if not isinstance(value, str):
        raise ValueError("a folder of this machine is expected")
    try:
        path = expanded(value)
    except UsageError as error:
        raise ValueError(error.message) from None
    if not Path(path).is_dir():
        raise ValueError(f"{value!r} is no folder" if Path(path).exists() else f"{value!r} does not exist on this machine")
    return WorkFolder(value, str(Path(path).resolve()))


def _source(value: Any) -> str:
    return value.source if isinstance(value, WorkFolder) else str(value)


WorkdirField = Annotated[Any, BeforeValidator(_folder), PlainSerializer(_source, when_used="json"), WithJsonSchema({"type": "string"})]


class WorkdirArgs(PodArgs):
    """The user's own folder, brought into the pods without an image that holds it."""

    workdir: WorkdirField = flag(
        "",
        help="Folder of this machine to run in, without what git ignores.",
        metavar="DIR",
        complete="file",
        paths=("volumes[].configMap",),
    )
    workdir_limit: Quantity = _working_directory("100Mi", help="Most that the files of --workdir may have together.")
    workdir_claim: ObjectName = _working_directory(
        "",
        help="Volume claim through which --workdir travels, for a folder of any size.",
        metavar="CLAIM",
        paths=("volumes[].persistentVolumeClaim",),
    )
    workdir_image: Image = _working_directory(
        "", help="Image that unpacks it; it needs sh and tar.", default_text="the job's own", paths=("initContainers[].image",)
    )

    @property
    def work_folder(self) -> WorkFolder | None:
        """The folder, where one goes along."""
        return self.workdir if isinstance(self.workdir, WorkFolder) else None

    @property
    def start_dir(self) -> str:
        """Where the containers start."""
        if self.work_folder is None or "working_dir" in self.model_fields_set:
            return super().start_dir
        return PLACE

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Add the folder."""
        yield from super().mount_paths()
        if self.work_folder is not None:
            yield "workdir", self.start_dir.rstrip("/")

    def rules(self) -> Iterator[Problem]:
        """The folder can be packed, and nothing else is brought to its place."""
        yield from super().rules()
        folder = self.work_folder
        if folder is None:
            for field in ("workdir_limit", "workdir_claim", "workdir_image"):
                if field in self.model_fields_set and getattr(self, field) != type(self).model_fields[field].default:
                    yield Problem("has no effect without --workdir", field)
            return
        if getattr(self, "sync_mode", ""):
            yield Problem("--workdir and --sync-mode both bring code", "workdir", "choose one of them")
        if not self.start_dir.strip("/"):
            yield Problem("'/' cannot be where --workdir is mounted", "working_dir", "leave it out, or name a folder such as /workspace")
        yield from folder.read(quantity.whole(quantity.parse(self.workdir_limit or "100Mi")))

    def notes(self) -> Iterator[str]:
        """Say which files look as if they should stay here."""
        yield from super().notes()
        if self.work_folder is not None:
            from arena_core.workdir.checks import notes

            yield from (f"--workdir: {text}" for text in notes(self.work_folder.packed.listing))

    def extra_metadata(self, app: str, gang: int) -> Iterator[Extra]:
        """The job says which content it runs."""
        yield from super().extra_metadata(app, gang)
        if self.work_folder is not None:
            yield Extra(annotations={WORKDIR: self.work_folder.packed.digest})


def must_be_brought(args: object) -> bool:
    """Whether somebody has to bring the folder to each instance: it is too large to travel with the job, and no claim holds it."""
    folder = getattr(args, "workdir", "")
    return isinstance(folder, WorkFolder) and not folder.archive and not getattr(args, "workdir_claim", "")
