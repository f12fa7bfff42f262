"""Pydantic comes with the module."""

from __future__ import annotations

import pydantic  # noqa: F401, E402

from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place
