"""The registry: what is installed, and one job type loaded at a time, when it is asked for."""

from __future__ import annotations

import os
from _thread import RLock
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from arena_core import installed
from arena_core.contract.errors import PluginError, UnknownJobType, nearest
from arena_core.k8s import dig
from arena_core.records import record, replace
from arena_core.registry import discovery
from arena_core.registry.discovery import ALIASES, BUNDLES, CLUSTERS, COMMANDS, EXTENSIONS, JOBS, PRESETS, Entry
from arena_core.typed import TYPE_CHECKING, Any

#: What to do where no plugin is there. Not by a name in an index: others own similar ones.
NO_JOB_TYPE = "no job type is installed: install a plugin (a distribution arena-TYPE) from where arena-core came"

if TYPE_CHECKING:
    from arena_core.registry.extensions import ExtensionCaller
    from arena_core.registry.handle import JobTypeHandle
    from arena_core.registry.index import Index

KINDS = {JOBS: "job type", COMMANDS: "command", EXTENSIONS: "extension", CLUSTERS: "cluster", BUNDLES: "local operator", PRESETS: "preset"}


@record
class PluginRow:
    """A line of ``arena plugins list`` or ``check``: ``status`` is a word, ``detail`` the reason where it is a bad one."""

    kind: str
    name: str
    distribution: str
    version: str
    status: str
    summary: str = ""
    detail: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong with it; a blocked plugin is as the user wants it."""
        return self.status in ("installed", "ok", "blocked")


class Registry:
    """All installed plugins. Creating one imports nothing of theirs; it implements ``arena_core.contract.types.Jobs``."""

    def __init__(self, environ: Mapping[str, str] | None = None, site: str = discovery.SITE, indexed: bool = False) -> None:
        """With ``indexed`` what the types say of themselves is kept on disk, and used where all of them are asked for (``survey``)."""
        self._site = site
        self._indexed = indexed
        self._index: Index | None = None
        self._unkept = False
        self._blocked = installed.blocked(os.environ if environ is None else environ)
        self._groups: dict[str, dict[str, list[Entry]]] | None = None
        self._aliases: dict[str, str] | None = None
        self._handles: dict[str, JobTypeHandle] = {}
        self._failures: dict[str, PluginError] = {}
        #: By group and kind.
        self._by_kind: dict[tuple[str, str], list[JobTypeHandle]] = {}
        # A program may use one client from several threads.
        self._loading = RLock()

    def _group(self, group: str) -> dict[str, list[Entry]]:
        if self._groups is None:
            self._groups = discovery.entries((*KINDS, ALIASES), self._blocked, self._required)
        return self._groups[group]

    # ---- names, from metadata alone

    def names(self) -> list[str]:
        """Return the names of the job types that are installed, not blocked and not in doubt."""
        return [name for name, same in self._group(JOBS).items() if discovery.chosen(same)]

    def aliases(self) -> dict[str, str]:
        """Return alias → job type; a name of a job type is never an alias of another."""
        if self._aliases is not None:
            return self._aliases
        types = self._group(JOBS)
        table: dict[str, str] = {}
        for alias, same in self._group(ALIASES).items():
            entry = discovery.chosen(same)
            if entry is None or alias in types:
                continue
            for name, owners in types.items():
                owner = discovery.chosen(owners)
                if owner and owner.distribution == entry.distribution and owner.value == entry.value:
                    table[alias] = name
                    break
        self._aliases = table
        return table

    def resolve(self, name: str) -> str:
        """Return the job type that a name or an alias means, or the text itself; case does not count."""
        types = self._group(JOBS)
        wanted = name if name in types else name.lower()
        return wanted if wanted in types else self.aliases().get(wanted, name)

    def _not_meant(self, name: str) -> str:
        """Return the switched-off job type that an alias means; raises where several distributions claim the alias."""
        same = self._group(ALIASES).get(name.lower(), [])
        live = [entry for entry in same if not entry.blocked]
        if len(live) > 1 and discovery.chosen(same) is None:
            raise self._claimed("alias", name, live)
        for entry in same:
            for wanted, owners in self._group(JOBS).items():
                if any(o.blocked and (o.distribution, o.value) == (entry.distribution, entry.value) for o in owners):
                    return wanted
        return ""

    @staticmethod
    def _claimed(what: str, name: str, live: list[Entry]) -> PluginError:
        owners = " and ".join(entry.distribution for entry in live)
        hint = f"remove all but one, or set {installed.BLOCK_VARIABLE}={live[0].distribution}"
        return PluginError(f"the {what} {name!r} is claimed by {owners}: it is not clear which one is meant", hint)

    def _resolve_by_words(self, name: str) -> str:
        """Return the job type whose own display name or shorthand it is; this loads them all."""
        word = name.lower()
        for handle in self.each():
            own = handle.job_type
            if word in (other.lower() for other in (own.display, own.shorthand) if other):
                return own.name
        return name

    def entry(self, name: str) -> Entry | None:
        """Return the metadata of a job type, or None."""
        return discovery.chosen(self._group(JOBS).get(self.resolve(name), ()))

    # ---- job types

    def get(self, name: str) -> JobTypeHandle:
        """Return the handle of a job type, loading it at the first call; raises ``UnknownJobType`` or ``PluginBroken``."""
        wanted = self.resolve(name)
        if wanted not in self._group(JOBS):
            wanted = self._not_meant(name) or self._resolve_by_words(name)
        if wanted in self._handles:
            return self._handles[wanted]
        if wanted in self._failures:
            raise self._failures[wanted]
        with self._loading:
            return self._handles.get(wanted) or self._load(wanted, self._installed(wanted, name))

    def _load(self, wanted: str, entry: Entry) -> JobTypeHandle:
        from arena_core.registry.handle import JobTypeHandle
        from arena_core.registry.probe import probe_job_type

        if self._index and (later := self._index.later(entry, lambda: probe_job_type(entry))):
            handle = self._handles[wanted] = JobTypeHandle(later, entry, later.job_type, self)
            self._keep()
            return handle
        try:
            hooks, job_type = probe_job_type(entry)
        except PluginError as error:
            self._failures[wanted] = error
            raise
        handle = self._handles[wanted] = JobTypeHandle(hooks, entry, job_type, self)
        self._unkept = True
        self._keep()
        return handle

    def survey(self) -> None:
        """Be told that all types are asked for: of most only the kind."""
        if self._indexed and self._index is None:
            from arena_core.registry.index import Index
            from arena_core.registry.noted import place

            self._index = Index(place())

    def workload(self, name: str) -> str:
        """Return what jobs of a type were (``batch``, ``service``, ``schedule``) when its code was last loaded, or nothing."""
        if not self._indexed or (entry := self.entry(name)) is None:
            return ""
        from arena_core.registry.noted import key

        return self._workloads.get(key(entry), "")

    @cached_property
    def _workloads(self) -> dict[tuple[str, ...], str]:
        from arena_core.registry.noted import workloads

        return workloads()

    def _keep(self) -> None:
        """Write the index once all types are there, if it does not know them yet."""
        if self._index and self._unkept and len(self._handles) + len(self._failures) >= len(self.names()):
            self._unkept = False
            self._index.keep([(entry, handle.job_type) for name, handle in self._handles.items() if (entry := self.entry(name))])

    def add(self, module: Any, distribution: str = "added by hand") -> JobTypeHandle:
        """Register a job type's module that no distribution offers (tests, embedding), under the name it gives itself."""
        from arena_core.registry.handle import JobTypeHandle
        from arena_core.registry.probe import check_contract, probe_job_type

        check_contract(Entry(installed.Offer(JOBS, module.__name__, module.__name__, distribution, "")), module)
        name = str(module.arena_job_type().name)
        entry = Entry(installed.Offer(JOBS, name, module.__name__, distribution, ""))
        if name in self._group(JOBS):
            raise PluginError(f"job type {name!r} is there already, from {self._group(JOBS)[name][0].distribution}")
        hooks, job_type = probe_job_type(entry, module)
        self._group(JOBS)[name] = [entry]
        self._aliases = None
        self._by_kind.clear()
        handle = self._handles[name] = JobTypeHandle(hooks, entry, job_type, self)
        return handle

    def _installed(self, wanted: str, asked: str) -> Entry:
        same = self._group(JOBS).get(wanted, [])
        entry = discovery.chosen(same)
        if entry:
            return entry
        live = [e for e in same if not e.blocked]
        if live:
            raise self._claimed("job type", wanted, live)
        if same:
            raise PluginError(
                f"job type {wanted!r} is switched off (blocked by {installed.BLOCK_VARIABLE})", f"take it out of {installed.BLOCK_VARIABLE}"
            )
        near = nearest(asked, [*self.names(), *self.aliases()])
        hint = f"did you mean {near!r}? " if near else ""
        hint += f"installed: {', '.join(self.names())}" if self.names() else NO_JOB_TYPE
        raise UnknownJobType(f"unknown job type {asked!r}", hint)

    def for_object(self, obj: Mapping[str, Any]) -> JobTypeHandle | None:
        """Return the handle of the job type whose object this is; broken types are left out.

        Of several types of the kind it is the one that claims the object, else one that takes what no other claims. Of a reference,
        which has no labels, only the kind is known.
        """
        kind = (dig.text(obj, "apiVersion").rpartition("/")[0], dig.text(obj, "kind"))
        found = self._by_kind.get(kind)
        if found is None:
            # A list asks for each of its objects, and of some for their owners.
            found = self._by_kind[kind] = [handle for handle in self.each() if handle.job_type.resource.matches(obj)]
        if len(found) > 1:
            found = sorted(found, key=lambda handle: (not handle.claims(obj), handle.job_type.matches is not None))
        first = next(iter(found), None)
        strange = first is not None and first.job_type.listed_by and "metadata" in obj and not first.claims(obj)
        return None if strange else first

    def each(self) -> Iterator[JobTypeHandle]:
        """Load and yield every healthy job type; the failures of the others are in ``failures`` afterwards."""
        self.survey()
        for name in self.names():
            try:
                handle = self.get(name)
            except PluginError:
                continue
            yield handle

    @property
    def failures(self) -> Mapping[str, PluginError]:
        """The job types that were asked for and are broken, each with its error."""
        return self._failures

    # ---- the other groups

    def commands(self) -> list[Entry]:
        """Return the command groups that plugins add, from metadata."""
        return [e for same in self._group(COMMANDS).values() if (e := discovery.chosen(same))]

    def clusters(self) -> list[Entry]:
        """Return who can give a cluster where none is configured, from metadata."""
        return [e for same in self._group(CLUSTERS).values() if (e := discovery.chosen(same))]

    def bundles(self) -> list[Entry]:
        """Return what plugins bring to the local cluster, from metadata."""
        return [e for same in self._group(BUNDLES).values() if (e := discovery.chosen(same))]

    def presets(self) -> list[Entry]:
        """Return what stands for a job type with many of its flags, from metadata."""
        return [e for same in self._group(PRESETS).values() if (e := discovery.chosen(same))]

    def load(self, entry: Entry) -> Any:
        """Import what an entry of ``commands``, ``clusters``, ``bundles`` or ``presets`` names; raises ``PluginBroken``."""
        from arena_core.registry.probe import load

        return load(entry)

    @cached_property
    def extensions(self) -> ExtensionCaller:
        """Every installed extension behind one guarded caller, loaded at the first use."""
        from arena_core.registry.extensions import ExtensionCaller

        found = [e for same in self._group(EXTENSIONS).values() for e in same if not e.blocked]
        return ExtensionCaller(found, self._missing())

    @cached_property
    def _required(self) -> frozenset[str]:
        return discovery.required_names(self._site)

    def _missing(self) -> list[str]:
        """Return what the site requires and is not installed."""
        there = [entry for same in self._group(EXTENSIONS).values() for entry in same]
        known = {name for entry in there for name in entry.offer.names}
        return sorted(self._required - known)

    @cached_property
    def policies(self) -> ExtensionCaller:
        """The extensions without those that a cluster's own distribution brings: where no cluster is looked at, those change nothing."""
        from arena_core.registry.extensions import ExtensionCaller

        own = {entry.distribution for entry in self.clusters()}
        found = (e for same in self._group(EXTENSIONS).values() for e in same if not e.blocked)
        return ExtensionCaller([entry for entry in found if entry.distribution not in own], self._missing())

    # ---- report

    def report(self) -> list[PluginRow]:
        """Return a row for every plugin, from metadata alone."""
        aliases: dict[str, list[str]] = {}
        for alias, name in self.aliases().items():
            aliases.setdefault(name, []).append(alias)
        return [
            self._row(entry, kind, tuple(sorted(aliases.get(entry.name, ()))) if group == JOBS and entry is discovery.chosen(same) else ())
            for group, kind in KINDS.items()
            for same in self._group(group).values()
            for entry in same
        ]

    def _claimed_aliases(self, entry: Entry) -> list[str]:
        """Return the aliases of a job type that nobody can use, since another distribution claims them too."""
        return [
            f"{alias} is also claimed by {', '.join(o.distribution for o in same if o.distribution != entry.distribution)}"
            for alias, same in self._group(ALIASES).items()
            if discovery.chosen(same) is None and any((o.distribution, o.value) == (entry.distribution, entry.value) for o in same)
        ]

    @staticmethod
    def _row(entry: Entry, kind: str, aliases: tuple[str, ...] = ()) -> PluginRow:
        status, detail = "installed", ""
        if entry.blocked:
            status, detail = "blocked", f"by {installed.BLOCK_VARIABLE}"
        elif entry.clash and entry.group != EXTENSIONS:
            kept = "; this built-in one is used" if entry.built_in else ""
            status, detail = "name clash", f"{entry.name} is also claimed by {', '.join(entry.clash)}{kept}"
        return PluginRow(kind, entry.name, entry.distribution, entry.version, status, entry.summary, detail, aliases)

    def check(self) -> list[PluginRow]:
        """Import every plugin and return a row for each with its true state."""
        from arena_core.registry.probe import check_job_type, load, probe_extension

        probes: dict[str, Callable[[Entry], object]] = {JOBS: lambda entry: check_job_type(entry, self), EXTENSIONS: probe_extension}
        rows = []
        for row, entry in zip(self.report(), self._all_entries(), strict=True):
            if row.status != "installed":
                rows.append(row)
                continue
            if entry.group == BUNDLES and not self.clusters():
                rows.append(replace(row, detail="there is no local cluster that would load it"))
                continue
            probe: Callable[[Entry], object] = probes.get(entry.group, load)
            try:
                probe(entry)
                status, detail = "ok", ""
                if entry.group == JOBS and (claimed := self._claimed_aliases(entry)):
                    status, detail = "name clash", f"its alias {claimed[0]}"
            except PluginError as error:
                status, detail = getattr(error, "kind", "broken") or "broken", getattr(error, "reason", "") or error.message
            rows.append(PluginRow(row.kind, row.name, row.distribution, row.version, status, row.summary, detail, row.aliases))
        return rows

    def _all_entries(self) -> list[Entry]:
        return [entry for group in KINDS for same in self._group(group).values() for entry in same]
