"""What a controller works on: one object, whose name and namespace everything that it makes is made from."""

from __future__ import annotations

from arena_local.sdk.bundle import Obj


class OfJob:
    """A reconcile of one job, ``job`` as it is stored."""

    job: Obj

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.job["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The job's namespace."""
        return str(self.job["metadata"]["namespace"])
