"""The objects of a TensorFlow Serving. Pure."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_serve import deployment
from arena_serve.form import Form
from arena_serve.names import TENSORFLOW, TENSORFLOW_CONTAINER
from arena_serve.tensorflow.args import TensorflowArgs

FORM = Form(TENSORFLOW, "tensorflow-serving", TENSORFLOW_CONTAINER, "tensorflow-serving-0.6.0", own_service=True)


def build(args: TensorflowArgs) -> list[Manifest]:
    """Return the Deployment and what belongs to it."""
    return deployment.build(args, FORM, args.start)
