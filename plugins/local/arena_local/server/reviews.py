"""Kinds that are asked and not stored: who am I, may I."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_core.k8s import time
from arena_local.sdk.bundle import USER
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]
_USER = {"username": USER, "groups": ["system:masters", "system:authenticated"]}


def review(server: Core, resource: Resource, namespace: str, body: Obj) -> Obj:
    """Answer a review: the only user is the owner of this machine's cluster, and may do everything."""
    spec = body.get("spec") or {}
    head = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": {"creationTimestamp": time.text(server.now())}}
    if resource.kind == "SelfSubjectReview":
        return {**head, "status": {"userInfo": _USER}}
    if resource.kind == "TokenReview":
        return {**head, "spec": spec, "status": {"authenticated": True, "user": _USER}}
    if resource.kind == "SelfSubjectRulesReview":
        rules = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
        paths = {"verbs": ["*"], "nonResourceURLs": ["*"]}
        return {**head, "spec": {}, "status": {"resourceRules": [rules], "nonResourceRules": [paths], "incomplete": False}}
    if resource.kind == "Binding":
        from arena_local.server.subresources import bind

        return bind(server, namespace, (body.get("metadata") or {}).get("name", ""), body)
    return {**head, "spec": spec, "status": {"allowed": True, "reason": "the local cluster belongs to you"}}
