"""Reads YAML as a job file is meant to be read; apart from ``jobfile``, so that flags alone do not pay for importing yaml."""

from __future__ import annotations

from typing import Any

import yaml

from arena_core.k8s.written import WrittenFloat

#: Values that a file may hold once its aliases are resolved: a few lines of them can stand for millions.
MOST_NODES = 10_000
DEEPEST = 50


class Unreadable(ValueError):
    """What is wrong with the text, in words for the one who wrote it."""


def documents(text: str) -> list[Any]:
    """Return the documents that are not empty; raises ``Unreadable``."""
    try:
        loader = _Loader(text)
        found = []
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                break
            _measure(node)
            found.append(loader.construct_document(node))
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise Unreadable(
            place + (exc.problem or exc.context or "cannot be parsed").replace("'<stream end>'", "the end of the file")
        ) from exc
    except yaml.reader.ReaderError as exc:
        raise Unreadable(
            f"the character {chr(exc.character) if isinstance(exc.character, int) else exc.character!r} is not allowed"
        ) from exc
    except (ValueError, OverflowError) as exc:
        if isinstance(exc, Unreadable):
            raise
        raise Unreadable(" ".join(str(exc).split())[:200]) from exc
    except RecursionError as exc:
        raise Unreadable("it is nested too deeply") from exc
    return [document for document in found if document is not None]


def _measure(node: yaml.Node) -> None:
    """Refuse what would become too large, before it is built."""
    sizes: dict[int, int] = {}

    def size(part: yaml.Node, depth: int) -> int:
        if depth > DEEPEST:
            raise Unreadable("it is nested too deeply, or an alias refers to itself")
        if id(part) not in sizes:
            pairs = part.value if isinstance(part, yaml.MappingNode) else [(item,) for item in part.value] if _is_list(part) else []
            total = 1
            for pair in pairs:
                total += sum(size(item, depth + 1) for item in pair)
                if total > MOST_NODES:
                    raise Unreadable(f"it holds more than {MOST_NODES:,} values")
            sizes[id(part)] = total
        return sizes[id(part)]

    size(node, 0)


def _is_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode)


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> WrittenFloat:
    return WrittenFloat(loader.construct_yaml_float(node), str(node.value))


class _Loader(yaml.SafeLoader):
    """A duplicate key would silently lose its first value: it is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build the mapping once every key is known to be its own."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
            seen.add(key if isinstance(key, str) else repr(key))
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:float", _float)
