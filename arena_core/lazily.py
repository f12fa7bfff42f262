"""What most commands name and few use: patterns that are compiled at their first use, and a logger that loads with the first reader.

``re`` takes longer to compile a dozen patterns than a command takes to read its answer, and ``logging`` brings what prints tracebacks.
"""

from __future__ import annotations

import sys

from arena_core.typed import TYPE_CHECKING, Any, AnyStr, TypeVar, cast

if TYPE_CHECKING:
    import re

T = TypeVar("T")

_METHODS = ("match", "search", "fullmatch", "sub", "subn", "split", "finditer", "findall")


class _Pattern:
    """Stands for a compiled pattern until one of its methods is called."""

    def __init__(self, text: Any, flags: int) -> None:
        self._source = (text, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        import re

        made = re.compile(*self._source)
        vars(self).update({each: getattr(made, each) for each in _METHODS})
        return getattr(made, name)


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what ``re.compile`` returns, compiled when it is first asked something.

    >>> import re
    >>> found = pattern("a(b+)", re.IGNORECASE).match("ABB")
    >>> found[1] if found else None
    'BB'
    """
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))


def twin(thing: T) -> T:
    """Return a shallow copy of a plain object, as ``copy.copy`` does."""
    found = object.__new__(type(thing))
    vars(found).update(vars(thing))
    return found


def module_named(name: str) -> Any:
    """Return a module by its full name, imported if it has not been yet: ``importlib.import_module`` without what comes with it."""
    __import__(name)
    return sys.modules[name]


def referred(reference: str) -> Any:
    """Return what ``module:attribute`` refers to, imported if it has not been yet.

    >>> referred("arena_core.lazily:twin") is twin
    True
    """
    module, _, attribute = reference.partition(":")
    return getattr(module_named(module), attribute)


class Logger:
    """A logger of the standard library that is not made before somebody can read it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, message: str, *values: object) -> None:
        """Log what a developer wants to know."""
        self._tell("debug", message, values)

    def info(self, message: str, *values: object) -> None:
        """Log what explains the output."""
        self._tell("info", message, values)

    def warning(self, message: str, *values: object) -> None:
        """Log what the user should know."""
        self._tell("warning", message, values)

    def _tell(self, level: str, message: str, values: tuple[object, ...]) -> None:
        # Where nobody has imported logging nobody has asked for records, and warnings alone are shown.
        if level == "warning" or "logging" in sys.modules:
            import logging

            getattr(logging.getLogger(self._name), level)(message, *values, stacklevel=3)
