"""The objects of a Triton Inference Server. Pure."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_serve import deployment
from arena_serve.form import Form
from arena_serve.names import TRITON, TRITON_CONTAINER
from arena_serve.triton.args import IMAGES, TritonArgs

APP = "tritoninferenceserver"
FORM = Form(TRITON, APP, TRITON_CONTAINER, f"{APP}-0.3.0", own_service=True)


def build(args: TritonArgs) -> list[Manifest]:
    """Return the Deployment and what belongs to it; the image is that of the backend unless one is given."""
    filled = args if args.image else args.model_copy(update={"image": IMAGES[args.backend]})
    return deployment.build(filled, FORM, args.start)
