"""YAML, read as the API server reads it and written as Go's library writes it."""

from __future__ import annotations

from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NoYaml(ValueError):
    """A text that is no YAML: what the problem is and, where that is known, where."""

    def __init__(self, error: yaml.YAMLError) -> None:
        self.problem: str | None = getattr(error, "problem", None)
        self.problem_mark: Any = getattr(error, "problem_mark", None)
        super().__init__(self.problem or str(error))


def plain(value: Any) -> Any:
    """Return YAML's value with text where YAML made dates."""
    if isinstance(value, dict):
        return {str(key).lower() if isinstance(key, bool) else str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _YamlLoader(_Loader):  # type: ignore[misc]
    """Safe YAML in which a timestamp stays text and a repeated key is noticed."""

    repeated: tuple[int, str] | None = None


_YamlLoader.yaml_implicit_resolvers = {
    key: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"] for key, pairs in _Loader.yaml_implicit_resolvers.items()
}


class _YamlMap(dict[str, Any]):
    """A YAML mapping with a key that stood twice, and in which line."""

    repeated_key: tuple[int, str] | None = None


def _construct_mapping(loader: Any, node: Any, deep: bool = False) -> dict[Any, Any]:
    made = yaml.SafeLoader.construct_mapping(loader, node, deep=True)
    seen: set[Any] = set()
    for key, _ in node.value:
        if key.value in seen and loader.repeated is None:
            loader.repeated = (key.start_mark.line + 1, key.value)
        seen.add(key.value)
    return made


_YamlLoader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: _construct_mapping(loader, node))


#: So deep may a body nest, and so large may one become that aliases make larger.
_DEEPEST, _LARGEST = 500, 100_000
#: So much YAML takes a second or two; JSON is read fifty times faster.
_LINES = 200_000


def _nests(data: bytes) -> bool:
    """Whether brackets nest deeper than any object does; those in texts count, too."""
    depth = deepest = 0
    for sign in data:
        if sign in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in b"]}":
            depth -= 1
    return deepest > _DEEPEST


def _count(node: Any, sizes: dict[int, int]) -> int:
    """Return how many nodes a node is with its aliases written out; raises ``ValueError`` where they are too many, or it holds itself."""
    key = id(node)
    if sizes.get(key) == 0:
        raise ValueError("yaml: anchor value contains itself")
    if key not in sizes:
        sizes[key] = 0
        parts = node.value if isinstance(node.value, list) else ()
        total = 1
        for part in parts:
            total += sum(_count(item, sizes) for item in (part if isinstance(part, tuple) else (part,)))
            if total > _LARGEST:
                raise ValueError("yaml: document contains excessive aliasing")
        sizes[key] = total
    return sizes[key]


def parse(data: bytes) -> Any:
    """Parse YAML; aliases may not blow it up, and nothing may nest without end; raises ``ValueError``."""
    if data.count(b"\n") + data.count(b",") > _LINES:
        raise ValueError(f"yaml: more than {_LINES} lines and items; send JSON instead")
    if data.count(b"[") + data.count(b"{") > _DEEPEST and _nests(data):
        raise ValueError("yaml: exceeded max depth")  # the C parser recurses
    loader = _YamlLoader(data)
    try:
        node = loader.get_single_node()
        if b"*" in data:
            _count(node, {})
        value = plain(loader.construct_document(node)) if node is not None else None
    except yaml.YAMLError as error:
        raise NoYaml(error) from None
    finally:
        loader.dispose()
    if loader.repeated is not None and isinstance(value, dict):
        value = _YamlMap(value)
        value.repeated_key = loader.repeated
    return value


class _GoDumper(yaml.SafeDumper):
    """YAML in the style of Go's library: double quotes where plain text would be read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out."""
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Choose the style of a text."""
        if "\n" in text:
            return self.represent_scalar("tag:yaml.org,2002:str", text, style="|")
        plain = self.resolve(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str"  # type: ignore[no-untyped-call]
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_GoDumper.add_representer(str, _GoDumper.represent_text)


def dump(obj: Any) -> str:
    """Return a document as YAML."""
    return yaml.dump(obj, Dumper=_GoDumper, default_flow_style=False, allow_unicode=True, width=1 << 30)
