"""What may be changed of a TensorFlow Serving while it serves."""

from __future__ import annotations

from functools import partial

from arena_core.args import flag
from arena_core.contract.types import Manifest
from arena_serve.names import TENSORFLOW_CONTAINER
from arena_serve.update import UpdateArgs, updated, with_options

#: A flag under each of the headings of help.
_model = partial(flag, group="Model")


class TensorflowUpdateArgs(UpdateArgs):
    """Flags of ``arena serve update tensorflow``."""

    model_name: str = _model("", help="Name of the model.", metavar="NAME")
    model_path: str = _model("", help="Folder or URL with the versions of the model.", often=True, metavar="PATH")
    model_config_file: str = _model("", help="File in the container that lists several models.", metavar="PATH")
    monitoring_config_file: str = _model("", help="File in the container that says what is measured.", metavar="PATH")

    def options(self) -> dict[str, str]:
        """The server's own flags that change."""
        every = {
            "--model_name": self.model_name,
            "--model_base_path": self.model_path,
            "--model_config_file": self.model_config_file,
            "--monitoring_config_file": self.monitoring_config_file,
        }
        return {name: text for name, text in every.items() if text}


def changed(job: Manifest, args: TensorflowUpdateArgs) -> Manifest:
    """Return the live Deployment with what is to change."""
    return with_options(updated(job, args, TENSORFLOW_CONTAINER), TENSORFLOW_CONTAINER, args.options())
