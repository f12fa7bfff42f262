"""Reads YAML as a job file is meant to be read; apart from ``jobfile``, so that flags alone do not pay for importing yaml."""

from __future__ import annotations

from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """A key that stands twice would silently lose its first value: it is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build the mapping once every key is known to be its own."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key if isinstance(key, str) else repr(key))
        return super().construct_mapping(node, deep)
