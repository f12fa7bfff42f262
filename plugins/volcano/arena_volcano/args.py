"""The arguments of ``arena submit volcanojob``: its flags, and the rules between them."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.contract.types import Problem
from arena_volcano import rules
from arena_volcano.fields import VolcanoFields

#: Variables that plugins append to those of every container; of two with one name the last counts.
PLUGIN_ENV = {
    "env": ("VC_TASK_INDEX", "VK_TASK_INDEX"),
    "pytorch": ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK"),
    "tensorflow": ("TF_CONFIG",),
    "mpi": ("MPI_HOST",),
}


class VolcanoJobArgs(VolcanoFields):
    """Flags of ``arena submit volcanojob``."""

    def notes(self) -> Iterator[str]:
        """Name the variables that Volcano's plugins override."""
        yield from super().notes()
        for name in self.all_plugins():
            yield from self.overridden(PLUGIN_ENV.get(name, ()), f"Volcano's plugin {name}")

    def rules(self) -> Iterator[Problem]:
        """Everything that Volcano would refuse, and what it would take without meaning it."""
        yield from super().rules()
        yield from rules.problems(self)
