"""What a look at a cluster finds: one row of ``arena check``, of jobs and of their monitoring alike."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "missing", "unknown"]


class Row(NamedTuple):
    """One finding. ``state`` is "missing" where something is not there, "unknown" where nobody may look (``detail`` says why).

    ``hint`` says what mends it, ``costs`` what does not work without it, where ``detail`` does not say that already.
    """

    area: str
    what: str
    state: State
    detail: str = ""
    hint: str = ""
    costs: str = ""
