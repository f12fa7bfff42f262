"""Building blocks that operators' controllers share: conditions, owner references, claiming, CRD loading."""

from __future__ import annotations
