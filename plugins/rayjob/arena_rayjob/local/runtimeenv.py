"""``spec.runtimeEnvYAML``: a text that KubeRay only reads as YAML, whatever Ray makes of it."""

from __future__ import annotations

from typing import Any

from arena_local.sdk.bundle import Obj


class NoYaml(ValueError):
    """The text is not YAML; the message says it as far as can be known without Go's parser."""


def runtime_env(spec: Obj) -> Any:
    """Return what the text says, None where there is none; raises ``NoYaml``."""
    text = str(spec.get("runtimeEnvYAML") or "")
    if not text:
        return None
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        why = str(getattr(error, "problem", None) or error)
        why = "did not find expected node content" if why.startswith("expected the node content") else why
        raise NoYaml(f"error converting YAML to JSON: yaml: {line}{why}") from error
