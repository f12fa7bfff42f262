"""What a cluster serves: the API with the kinds, webhooks and first objects of everything that is installed, in a store."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from arena_local import kueue
from arena_local.context import Options
from arena_local.guard import LOADING, limited
from arena_local.sdk.bundle import Bundle
from arena_local.sdk.installed import load, unblocked
from arena_local.server.deletes import CRDS
from arena_local.server.server import ApiServer
from arena_local.store import Store

log = logging.getLogger(__name__)

#: Is told in one line of what is broken and left out.
Problem = Callable[[str], None]


def packed_store(path: Path | None) -> Store:
    """Return the store of a cluster: on disk, or in memory for now."""
    return Store(path, packed=(CRDS,))


class Served:
    """Made from the store of a cluster, be it new or of an earlier run. A new one can be made ahead, in memory, and settled later."""

    def __init__(self, store: Store, options: Options, problem: Problem) -> None:
        self.store = store
        self.api = ApiServer(store, (), options)
        self._offers = unblocked() if options.operators else []
        self._problem = problem
        self.bundles = self._install(self._load()) if options.operators else ()

    @classmethod
    def ahead(cls) -> Served | None:
        """Return what a new cluster serves, in memory; None where something is broken: each daemon has to tell of that itself."""
        problems: list[str] = []
        made = cls(packed_store(None), Options(), problems.append)
        for resource in made.api.registry.all():
            resource.schema  # noqa: B018 - is compiled once, for all
        return None if problems else made

    def is_for(self, options: Options) -> bool:
        """Return whether a cluster with these options would serve this now."""
        return options.operators and unblocked() == self._offers

    def settle(self, path: Path, options: Options) -> None:
        """Be on disk from now on, in a new file."""
        self.store.settle(path)
        self.api.options = options

    def _load(self) -> list[Bundle]:
        """Return what the installed job types ship; one that does not load is named and left out."""
        found: list[Bundle] = []
        for offer in self._offers:
            owner = f"{offer.name} ({offer.distribution or 'unknown distribution'})"
            try:
                with limited("it", LOADING):
                    bundle = load(offer)
                if not isinstance(bundle, Bundle):
                    raise TypeError(f"expected an arena_local.sdk.bundle.Bundle, found {type(bundle).__name__}")  # noqa: TRY301
                if any(b.name == bundle.name for b in found):
                    raise ValueError(f"a bundle named {bundle.name} is there already")  # noqa: TRY301
            except (Exception, SystemExit) as error:
                log.exception("%s: its part of the local cluster is left out", owner)
                self._problem(f"{owner}: {type(error).__name__}: {error}")
                continue
            found.append(bundle)
        return found

    def _install(self, bundles: list[Bundle]) -> tuple[Bundle, ...]:
        """Give the API each bundle's kinds and webhooks; a bundle that breaks takes no other with it."""
        installed: list[Bundle] = []
        for bundle in bundles:
            try:
                with limited(f"bundle {bundle.name}", LOADING):
                    self.api.add_bundles([bundle])
                    kueue.bundle((bundle,))
            except Exception as error:
                log.exception("bundle %s is left out", bundle.name)
                self._problem(f"bundle {bundle.name}: {type(error).__name__}: {error}")
                continue
            installed.append(bundle)
        try:
            queues = kueue.bundle(tuple(installed))
            self.api.add_bundles([queues])
            installed.append(queues)
        except Exception as error:
            log.exception("queues are left out")
            self._problem(f"queues: {type(error).__name__}: {error}")
        return tuple(installed)
