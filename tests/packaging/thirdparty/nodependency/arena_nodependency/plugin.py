"""Needs what is not there."""

import surely_not_installed_anywhere  # noqa: F401
