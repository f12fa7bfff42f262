"""What the AppWrapper webhooks default and refuse, in their own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from arena_appwrapper.operator.podsets import PathError, infer, resolve
from arena_local.sdk.bundle import USER, Api, Denied, Obj

USER_LABEL = "workload.codeflare.dev/user"
USERID_LABEL = "workload.codeflare.dev/userid"
MAX_POD_SETS = 8
#: Of a longer value a refusal quotes the beginning.
_LONGEST = 200


def default(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """Label the AppWrapper with its user at creation."""
    if operation == "CREATE":
        labels = obj["metadata"].get("labels") or {}
        obj["metadata"]["labels"] = {**labels, USER_LABEL: USER, USERID_LABEL: ""}
        # The webhook writes a Go struct: what is missing becomes null, and the schema words it so.
        obj.setdefault("spec", {}).setdefault("components", None)
        for component in obj["spec"]["components"] or ():
            component.setdefault("template", None)


def validate(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """Refuse what the validating webhook refuses; raises ``Denied`` with all errors."""
    errors = list(_create_errors(obj) if old is None else _update_errors(obj, old))
    if errors:
        raise Denied(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")


def _create_errors(obj: Obj) -> Iterable[str]:
    components = obj["spec"].get("components") or []
    total = 0
    for index, component in enumerate(components):
        template, where = component["template"], f"spec.components[{index}]"
        if template.get("kind") == "AppWrapper" and str(template.get("apiVersion", "")).startswith("workload.codeflare.dev/"):
            yield f"{where}.template: Forbidden: Nested AppWrappers are forbidden"
        elif (template.get("metadata") or {}).get("namespace") not in (None, "", obj["metadata"].get("namespace")):
            yield f"{where}.template.metadata.namespace: Forbidden: AppWrappers cannot create objects in other namespaces"
        count, errors = _pod_sets(component, where)
        total += count
        yield from errors
    if total == 0:
        yield f"spec.components: Invalid value: {_shown(components)}: components contains no podspecs"
    elif total > MAX_POD_SETS:
        text = f"components contains {total} podspecs; at most {MAX_POD_SETS} are allowed"
        yield f"spec.components: Invalid value: {_shown(components)}: {text}"


def _pod_sets(component: Obj, where: str) -> tuple[int, list[str]]:
    """Return (how many pod sets count, errors) of one component."""
    template, declared = component["template"], component.get("podSets") or []
    errors: list[str] = []
    for n, pod_set in enumerate(declared):
        path = pod_set.get("path", "")
        if not path:
            errors.append(f"{where}.podSets[{n}].path: Required value: podspec must specify path")
        if problem := _problem(template, path):
            errors.append(f'{where}.podSets[{n}].path: Invalid value: "{path}": path does not refer to a v1.PodSpecTemplate: {problem}')
    found = infer(template)
    if found is None:
        return len(declared), errors
    for pod_set in found:
        if problem := _problem(template, pod_set["path"]):
            text = f"error inferring PodSets: template does not refer to a v1.PodSpecTemplate: {problem}"
            return 0, [*errors, f"{where}.template: Invalid value: {_shown(template)}: {text}"]
    if declared and (mismatch := _mismatch(declared, found)):
        errors.append(f"{where}.podSets: Invalid value: {_shown(declared)}: {mismatch}")
    return len(found), errors


def _problem(template: Obj, path: str) -> str:
    try:
        spec = resolve(template, path)["spec"]
    except PathError as error:
        return str(error)
    unknown = sorted(k for k in spec if k not in POD_SPEC_FIELDS)
    return f'content at {path}.spec not parseable as a v1.PodSpec: strict decoding error: unknown field "{unknown[0]}"' if unknown else ""


def _mismatch(declared: list[Obj], found: list[Obj]) -> str:
    if len(declared) != len(found):
        return f"DeclaredPodSet count {len(declared)} differs from inferred count {len(found)}"
    wanted = {p["path"]: p["replicas"] for p in found}
    for pod_set in declared:
        path, count = pod_set.get("path", ""), pod_set.get("replicas", 1)
        if path not in wanted:
            return f"PodSet at path position '{path}' is not among the inferred ones"
        if wanted[path] != count:
            return f"replica count {count} differs from inferred count {wanted[path]} for PodSet at path position '{path}'"
    return ""


def _update_errors(obj: Obj, old: Obj) -> Iterable[str]:
    immutable = "Forbidden: attempt to change immutable field"
    new_parts, old_parts = obj["spec"].get("components") or [], old["spec"].get("components") or []
    if len(new_parts) != len(old_parts):
        yield f"spec.components: {immutable}"
    else:
        for index, (new, was) in enumerate(zip(new_parts, old_parts, strict=True)):
            if new["template"] != was["template"]:
                yield f"spec.components[{index}].template.raw: {immutable}"
            if _shape(new) != _shape(was):
                yield f"spec.components[{index}].podsets: {immutable}"
    if obj["spec"].get("managedBy") != old["spec"].get("managedBy"):
        yield f"spec.managedBy: {immutable}"
    for label in (USER_LABEL, USERID_LABEL):
        if (obj["metadata"].get("labels") or {}).get(label) != (old["metadata"].get("labels") or {}).get(label):
            yield f"metadata.labels[{label}]: {immutable}"


def _shape(component: Obj) -> list[tuple[str, int]]:
    return [(p.get("path", ""), p.get("replicas", 1)) for p in component.get("podSets") or []]


def _shown(value: Any) -> str:
    """Return what a refusal quotes: the value as it was sent, cut where it is long. (The operator prints Go's structs with addresses.)"""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


#: Fields of core/v1 PodSpec (Kubernetes 1.36): an inferred or declared template with any other is not parsable strictly.
POD_SPEC_FIELDS = frozenset(
    re.split(
        r"\s+",
        """activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy enableServiceLinks
        ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets initContainers
        nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates resourceClaims resources
        restartPolicy runtimeClassName schedulerName schedulingGates schedulingGroup securityContext serviceAccount serviceAccountName
        setHostnameAsFQDN shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes
        workloadRef""",
    )
)
