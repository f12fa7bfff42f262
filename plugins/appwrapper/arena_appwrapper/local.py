"""What AppWrapper brings to the local cluster: CRD, webhooks, operator, and what quota must know of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from arena_appwrapper import plugin
from arena_appwrapper.operator import webhook
from arena_appwrapper.operator.machine import RESOURCE, AppWrapperController
from arena_appwrapper.operator.podsets import TAS_GROUP_COUNT, TAS_GROUP_INDEX, TAS_INDEX, effective, resolve, steps
from arena_core.k8s import conditions
from arena_local.sdk.bundle import Admission, Api, Bundle, Obj, QuotaPodSet
from arena_local.sdk.crds import load_crds, load_effects
from arena_local.sdk.quota import quota_of

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

POD_DEFAULTS = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "preemptionPolicy": "PreemptLowerPriority",
    "securityContext": {},
}


def _pod_sets(wrapper: Obj) -> Sequence[QuotaPodSet]:
    """Return the pod sets of all components in order, named ``<appwrapper>-<n>`` as Kueue does."""
    found: list[QuotaPodSet] = []
    for index, component in enumerate(wrapper["spec"]["components"]):
        for pod_set in effective(component):
            path = ("spec", "components", index, "template", *steps(pod_set["path"]))
            name = f"{wrapper['metadata']['name']}-{len(found)}"
            template = _relevant(resolve(component["template"], pod_set["path"]))
            notes = pod_set.get("annotations") or {}
            count = notes.get(TAS_GROUP_COUNT, "")
            groups = (notes.get(TAS_GROUP_INDEX, ""), int(count)) if count.isdecimal() else ("", 0)
            found.append(QuotaPodSet(name, pod_set["replicas"], template, path, notes.get(TAS_INDEX, ""), *groups))
    return found


def _relevant(template: Obj) -> Obj:
    """Return the part of a pod template that the operator shows to Kueue, with a pod's defaults, as it was recorded."""
    spec = {k: v for k, v in copy.deepcopy(template["spec"]).items() if k not in ("terminationGracePeriodSeconds", "volumes")}
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        for field in ("env", "envFrom", "volumeMounts"):
            container.pop(field, None)
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        container.setdefault("imagePullPolicy", "IfNotPresent" if ":" in container.get("image", "") else "Always")
    return {**template, "spec": {**POD_DEFAULTS, **spec}}


def _inject(wrapper: Obj, infos: Sequence[Obj]) -> None:
    """Keep what admission injects beside the components: the operator merges it when it creates them."""
    rest = list(infos)
    for component in wrapper["spec"]["components"]:
        count = len(effective(component))
        mine, rest = rest[:count], rest[count:]
        if mine:
            component["podSetInfos"] = mine


def _restore(wrapper: Obj) -> None:
    for component in wrapper["spec"]["components"]:
        component.pop("podSetInfos", None)


def _finished(wrapper: Obj) -> tuple[str, bool] | None:
    phase = (wrapper.get("status") or {}).get("phase")
    if phase == "Succeeded":
        return "AppWrapper finished successfully", True
    if phase == "Failed":
        deployed = conditions.is_true(wrapper, "ResourcesDeployed")
        return None if deployed else ("AppWrapper failed", False)
    return None


def _active(api: Api, wrapper: Obj) -> bool:
    """Return whether Kueue counts it as active: the condition, not the pods (the integration's IsActive)."""
    return conditions.is_true(wrapper, "QuotaReserved")


def _pods_ready(api: Api, wrapper: Obj) -> bool:
    return conditions.is_true(wrapper, "PodsReady")


BUNDLE = Bundle(
    name="appwrapperjob",
    crds=lambda: load_crds("arena_appwrapper"),
    effects=lambda: load_effects("arena_appwrapper"),
    admission=(
        Admission("mappwrapper.kb.io", RESOURCE, ("CREATE",), mutate=webhook.default),
        Admission("vappwrapper.kb.io", RESOURCE, ("CREATE", "UPDATE"), validate=webhook.validate),
    ),
    controllers=(AppWrapperController,),
    quota=(
        quota_of(
            plugin,
            "workload.codeflare.dev/appwrapper",
            # More than the type can see: what the operator infers where nothing is declared, and what of a template it shows to Kueue.
            pod_sets=_pod_sets,
            omit_false=True,
            priority_class=lambda wrapper: "",
            webhooks=("", ""),
            finished=_finished,
            active=_active,
            pods_ready=_pods_ready,
            inject=_inject,
            restore=_restore,
        ),
    ),
)
