"""What the validating webhooks of the Training Operator check in every kind, with their texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from arena_core.k8s import names
from arena_local.sdk.bundle import Denied, Obj
from arena_local.training.kind import MULTIKUEUE, TRAINING_OPERATOR


class FieldErrors:
    """Errors of fields in the wording of Kubernetes, raised together."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def invalid(self, path: str, value: Any, why: str) -> None:
        """Note a value that is wrong."""
        self._add(f"{path}: Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}")

    def required(self, path: str, why: str) -> None:
        """Note a value that is missing."""
        self._add(f"{path}: Required value: {why}")

    def forbidden(self, path: str, why: str) -> None:
        """Note a value that must not be there."""
        self._add(f"{path}: Forbidden: {why}")

    def unsupported(self, path: str, value: Any, supported: tuple[str, ...]) -> None:
        """Note a value outside of a list."""
        names = ", ".join(json.dumps(s) for s in supported)
        self._add(f"{path}: Unsupported value: {json.dumps(value, ensure_ascii=False)}: supported values: {names}")

    def _add(self, text: str) -> None:
        if text not in self._texts:
            self._texts.append(text)

    def check(self, warnings: Sequence[str] = ()) -> None:
        """Refuse if there was any error; the warnings go out with the refusal, too."""
        if self._texts:
            raise Denied(self._texts[0] if len(self._texts) == 1 else f"[{', '.join(self._texts)}]", warnings=warnings)


def validate_common(errors: FieldErrors, job: Obj, old: Obj | None, specs_field: str, container: str, types: tuple[str, ...] = ()) -> Obj:
    """Check name, run policy and replica specs; return the replica specs for further checks."""
    _name(errors, str(job["metadata"].get("name", "")))
    spec = job.get("spec") or {}
    manager = (spec.get("runPolicy") or {}).get("managedBy")
    if old is not None and manager != ((old.get("spec") or {}).get("runPolicy") or {}).get("managedBy"):
        errors.invalid("spec.runPolicy.managedBy", manager, "field is immutable")
    if manager is not None and manager not in (MULTIKUEUE, TRAINING_OPERATOR):
        errors.unsupported("spec.runPolicy.managedBy", manager, (MULTIKUEUE, TRAINING_OPERATOR))
    if spec.get(specs_field) is None:
        errors.required(f"spec.{specs_field}", "must be required")
    specs: Obj = spec.get(specs_field) or {}
    for name in sorted(specs):
        path = f"spec.{specs_field}[{name}]"
        if types and name not in types:
            errors.unsupported(path, name, types)
        _containers(errors, f"{path}.template.spec.containers", specs[name] or {}, container)
    return specs


def _name(errors: FieldErrors, name: str) -> None:
    if why := names.label_1035(name):
        errors.invalid("metadata.name", name, f"should match: {','.join(why)}")


def _containers(errors: FieldErrors, path: str, spec: Obj, wanted: str) -> None:
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or []
    if not containers:
        errors.required(path, "must be specified")
    for index, container in enumerate(containers):
        if not container.get("image"):
            errors.required(f"{path}[{index}].image", "must be required")
    if not any(c.get("name") == wanted for c in containers):
        errors.required(path, f"must have at least one container with name {wanted}")
