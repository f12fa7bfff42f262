"""Variables whose values are in a Secret or a ConfigMap: ``--env-from-secret`` and ``--env-from-configmap``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from arena_core.args.values import ENV_NAME, as_text, check_dns_subdomain, each, items_of, structured
from arena_core.records import record

#: What a Secret or a ConfigMap may call its entries.
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_FORM = "[VARIABLE=]NAME[:KEY]"


@record
class EnvSource:
    """A Secret or ConfigMap: every entry becomes a variable, or the one called ``key`` becomes ``variable``."""

    name: str
    key: str = ""
    variable: str = ""

    @property
    def text(self) -> str:
        """How it is typed."""
        renamed = f"{self.variable}=" if self.variable != self.key else ""
        return f"{renamed}{self.name}{':' if self.key else ''}{self.key}"


def env_sources(value: Any) -> tuple[EnvSource, ...]:
    """Read ``NAME`` (every entry), ``NAME:KEY``, ``VARIABLE=NAME`` (the entry of that name) and ``VARIABLE=NAME:KEY``.

    >>> [source.text for source in env_sources(["hub", "hub:TOKEN", "TOKEN=hub", "HF_TOKEN=hub:token"])]
    ['hub', 'hub:TOKEN', 'hub:TOKEN', 'HF_TOKEN=hub:token']
    """
    rows = [f"{as_text(k, 'variable')}={as_text(v, str(k))}" for k, v in value.items()] if isinstance(value, Mapping) else items_of(value)
    return each(_source, rows)


def _source(item: Any) -> EnvSource:
    if isinstance(item, EnvSource):
        return item
    if isinstance(item, Mapping):
        raw = structured(item, ("name", "key", "variable"), _FORM)
        name, key, variable = (as_text(raw.get(part, ""), part) for part in ("name", "key", "variable"))
    else:
        text = as_text(item, _FORM)
        variable, sign, rest = text.rpartition("=")
        name, colon, key = rest.partition(":")
        if (sign and not variable) or (colon and not key):
            raise ValueError(f"{text!r} is not of the form {_FORM}")
    if not name:
        raise ValueError(f"{variable or key}: the name of the Secret or ConfigMap is missing" if variable or key else "the name is empty")
    check_dns_subdomain(name)
    key = key or variable
    variable = variable or key
    if key and not _KEY.fullmatch(key):
        raise ValueError(f"{name}: {key!r} is not a key (letters, digits, '-', '_' and '.')")
    if variable and not ENV_NAME.fullmatch(variable):
        raise ValueError(f"{name}: {variable!r} cannot be the name of a variable; give it one: VARIABLE={name}:{key}")
    return EnvSource(name, key, variable)
