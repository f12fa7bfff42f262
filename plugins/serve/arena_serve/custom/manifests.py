"""The objects of a server of one's own, new and changed. Pure."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_serve import deployment, update
from arena_serve.custom.args import CustomArgs
from arena_serve.form import Form, Start
from arena_serve.names import CUSTOM

FORM = Form(CUSTOM, CUSTOM, CUSTOM, f"{CUSTOM}-0.11.0")


def build(args: CustomArgs) -> list[Manifest]:
    """Return the Deployment and what belongs to it."""
    return deployment.build(args, FORM, Start(ports=args.ports))


def updated(job: Manifest, args: update.UpdateArgs) -> Manifest:
    """Return the live Deployment with what is to change."""
    return update.updated(job, args, CUSTOM)
