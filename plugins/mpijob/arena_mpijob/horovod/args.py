"""What a person may say when submitting a job of Horovod."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.args import flag
from arena_mpijob.args import MPI, MPIJobArgs


class HorovodJobArgs(MPIJobArgs):
    """Flags of ``arena submit horovodjob``: those of an MPIJob."""

    ssh_port: int = flag(
        0, help="Taken for old scripts: the MPI Operator chooses how the launcher reaches the workers.", group=MPI, ge=0, often=False
    )

    def notes(self) -> Iterator[str]:
        """The port is the operator's."""
        yield from super().notes()
        if self.ssh_port:
            yield "--ssh-port is not used: the workers' sshd is the image's, and the MPI Operator makes the keys"
