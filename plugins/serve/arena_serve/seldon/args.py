"""What a person may say of a SeldonDeployment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from arena_core.args import flag
from arena_core.contract.types import Problem
from arena_serve.args import ProbeArgs
from arena_serve.values import OptionalVersion


class SeldonArgs(ProbeArgs):
    """Flags of ``arena serve seldon``."""

    #: Seldon labels pods with names of Services and Deployments that are made of this one.
    RELEASE_MAX: ClassVar[int] = 45
    NAME_MAX: ClassVar[int] = 45
    REQUIRES_IMAGE: ClassVar[bool] = False

    version: OptionalVersion = flag("", help="Label the server with a version.", metavar="VERSION", old=("servingVersion",))
    replicas: int = flag(1, help="How many instances serve.", ge=1, often=True, paths=("spec.predictors[].replicas",))
    implementation: str = flag(
        "TENSORFLOW_SERVER",
        help="Server of Seldon's for the model (SKLEARN_SERVER, XGBOOST_SERVER, MLFLOW_SERVER, TRITON_SERVER ...).",
        group="Model",
        often=True,
        min_length=1,
        metavar="NAME",
        paths=("spec.predictors[].graph.implementation",),
    )
    model_uri: str = flag(
        "",
        help="Where the model is (gs://..., s3://..., pvc://CLAIM/PATH).",
        group="Model",
        often=True,
        metavar="URI",
        old=("modelUri",),
        paths=("spec.predictors[].graph.modelUri",),
    )

    @property
    def release(self) -> str:
        """The name alone: one object keeps the server."""
        return self.name

    def rules(self) -> Iterator[Problem]:
        """There is something to serve."""
        yield from super().rules()
        if not self.model_uri and not self.image:
            yield Problem("what is to be served?", "model_uri", "--model-uri of a model, or --image with a server of your own")
        if self.command and not self.image:
            yield Problem("a command needs a container of your own", "image", "give --image, or leave the command out")

    def notes(self) -> Iterator[str]:
        """What an image of one's own does not look at."""
        yield from super().notes()
        if not self.model_uri and "implementation" in self.model_fields_set:
            yield "--implementation has no effect without --model-uri: the image serves"
