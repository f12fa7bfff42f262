"""What may be changed of a TensorFlow Serving while it serves."""

from __future__ import annotations

from arena_core.args import flag
from arena_core.contract.types import Manifest
from arena_serve.names import TENSORFLOW_CONTAINER
from arena_serve.update import UpdateArgs, updated, with_options


class TensorflowUpdateArgs(UpdateArgs):
    """Flags of ``arena serve update tensorflow``."""

    model_name: str = flag("", help="Name of the model.", group="Model", metavar="NAME")
    model_path: str = flag("", help="Folder or URL with the versions of the model.", group="Model", often=True, metavar="PATH")
    model_config_file: str = flag("", help="File in the container that lists several models.", group="Model", metavar="PATH")
    monitoring_config_file: str = flag("", help="File in the container that says what is measured.", group="Model", metavar="PATH")

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
