"""From arguments to a SeldonDeployment: a plain dict, made by pure functions."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, common_labels, job_annotations
from arena_serve.deployment import labels_of, named_after_release, server_template
from arena_serve.form import Form, Start
from arena_serve.seldon.args import SeldonArgs
from arena_serve.seldon.reading import CONTAINER, KIND, PREDICTOR, RESOURCE

FORM = Form(KIND, "seldon-core", CONTAINER, "seldon-core-0.1.0")


def build(args: SeldonArgs) -> list[Manifest]:
    """Return the SeldonDeployment first, then its files."""
    own, facts = named_after_release(args), JobFacts(FORM.app, chart=FORM.chart)
    labels = {key: value for key, value in {**common_labels(own, facts), **labels_of(args, KIND)}.items() if value}
    template = server_template(args, FORM, Role(container=CONTAINER, cpu=args.cpu, memory=args.memory), Start())
    template["metadata"]["labels"] = {key: value for key, value in template["metadata"]["labels"].items() if value}
    (container,) = template["spec"]["containers"]
    if not container["image"]:  # the server of the implementation brings its own
        for key in ("image", "imagePullPolicy"):
            del container[key]
    metadata: dict[str, Any] = {"name": args.name, "labels": labels}
    if annotations := job_annotations(own, facts):
        metadata["annotations"] = annotations
    graph: dict[str, Any] = {"name": CONTAINER}
    graph |= {"implementation": args.implementation, "modelUri": args.model_uri} if args.model_uri else {"type": "MODEL"}
    # Seldon puts the labels of a predictor on its pods.
    predictor = {"name": PREDICTOR, "replicas": args.replicas, "graph": graph, "componentSpecs": [template], "labels": dict(labels)}
    spec = {"name": args.name, "predictors": [predictor]}
    return [{"apiVersion": RESOURCE.api_version, "kind": RESOURCE.kind, "metadata": metadata, "spec": spec}, *companions(own, facts)]
