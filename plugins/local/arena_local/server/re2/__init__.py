"""Go's regular expressions (RE2), matched in time linear in the text: patterns come from clients, and nobody may stop the server with one.

``compile_pattern`` returns a ``Pattern``; ``Pattern.search`` says whether it occurs in a text.
"""

from arena_local.server.re2.match import Pattern, TooCostlyError, compile_pattern
from arena_local.server.re2.parse import PatternError

__all__ = ["Pattern", "PatternError", "TooCostlyError", "compile_pattern"]
