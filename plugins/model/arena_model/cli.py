"""``arena model``: models in an MLflow registry."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from arena_core.cli.command import Context
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Parsed
from arena_core.cli.nested import opens
from arena_core.cli.output import FORMATS, prints, write_as
from arena_core.cli.render import local_time, print_table, ruled, table
from arena_core.cli.run import current
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError
from arena_core.usecases.reach import ClusterReach
from arena_model import shapes, tags
from arena_model.analyze import commands as analyzing
from arena_model.finding import find
from arena_model.registry import Registry

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

app = typer.Typer(
    help="Models in an MLflow registry: create, list, show, change and delete them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

_Uri = Annotated[
    str,
    typer.Option(
        "--tracking-uri", metavar="URI", help="address of MLflow (MLFLOW_TRACKING_URI, or mlflow_tracking_uri= in Arena's config)"
    ),
]
_Output = Annotated[str, typer.Option("--output", "-o", metavar="wide|json|yaml|jsonl", help="output format")]
_Word = Annotated[str | None, typer.Argument(metavar="[NAME]", help="name of the model")]
_Name = Annotated[str, typer.Option("--name", metavar="NAME", help="name of the model")]
_Version = Annotated[str, typer.Option("--version", metavar="N", help="one version of it")]
_Tags = Annotated[
    list[str] | None, typer.Option("--tags", "--tag", metavar="KEY=VALUE", help="tags of the model; repeatable, or with commas")
]
_VersionTags = Annotated[list[str] | None, typer.Option("--version-tags", metavar="KEY=VALUE", help="tags of the version")]
_Description = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="what the model is")]
_VersionDescription = Annotated[str | None, typer.Option("--version-description", metavar="TEXT", help="what is special about the version")]


def _reach() -> ClusterReach | None:
    """The cluster, where there is one: a local one is not started to look for MLflow in it."""
    settings = current().parsed or Parsed()
    return None if nothing_yet(settings) else ClusterReach(Context(settings).client.cluster)


def _registry(uri: str) -> Registry:
    return Registry(find(uri, _reach))


def _named(word: str | None, name: str, command: str) -> str:
    if word and name and word != name:
        raise UsageError(f"two models are named: {name!r} and {word!r}")
    found = word or name
    if not found.strip():
        raise UsageError(f"which model? `arena model {command} NAME`", "`arena model list` shows the models")
    return found


def _form(output: str) -> str:
    if output not in ("wide", *FORMATS):
        raise UsageError(f"-o {output}: not one of wide, {', '.join(FORMATS)}")
    return output


def _number(version: str) -> str:
    if version and not (version.isascii() and version.isdigit()):
        raise UsageError(f"--version: {version!r} is no number of a version", "`arena model get NAME` lists the versions")
    return version


@app.command("list")
@prints(list[shapes.Model])
def list_models(tracking_uri: _Uri = "", output: _Output = "wide") -> None:
    """List the registered models."""
    form = _form(output)
    found = [shapes.model_of(one, []) for one in _registry(tracking_uri).models()]
    if not write_as(form, found):
        rows = [[one["name"], one["latestVersion"] or "N/A", local_time(one["updated"])] for one in found]
        print_table([["NAME", "LATEST_VERSION", "LAST_UPDATED_TIME"], *rows])


@app.command("ls", hidden=True)
def ls(tracking_uri: _Uri = "", output: _Output = "wide") -> None:
    """Do the same, by Arena's other name."""
    list_models(tracking_uri, output)


@app.command()
@prints(shapes.Model)
def get(word: _Word = None, name: _Name = "", version: _Version = "", tracking_uri: _Uri = "", output: _Output = "wide") -> None:
    """Show a model with its versions, or one version of it."""
    model, form, number = _named(word, name, "get"), _form(output), _number(version)
    registry = _registry(tracking_uri)
    about = registry.model(model)
    versions = [registry.version(model, number)] if number else registry.versions(model)
    found = shapes.model_of(about, [shapes.version_of(one) for one in versions])
    if not write_as(form, found):
        say(page(found))


def page(found: shapes.Model) -> str:
    """Return the page of a model."""
    lines = [
        ("Name", found["name"]),
        ("LatestVersion", found["latestVersion"] or "N/A"),
        ("CreationTime", local_time(found["created"])),
        ("LastUpdatedTime", local_time(found["updated"])),
        ("Description", found["description"]),
        ("Tags", _tags(found["tags"])),
    ]
    head = "\n".join(f"{name + ':':<17}{value}".rstrip() for name, value in lines)
    rows = [
        [one["version"], one["status"] or "N/A", one["source"], local_time(one["created"]), _tags(one["tags"]), one["description"]]
        for one in found["versions"]
    ]
    if not rows:
        return f"{head}\n\nVersions:\n  none"
    return f"{head}\n\nVersions:\n" + table(ruled([["VERSION", "STATUS", "SOURCE", "CREATED", "TAGS", "DESCRIPTION"], *rows]), indent="  ")


def _write(form: str, registry: Registry, model: str, version: Mapping[str, Any] | None) -> bool:
    """Print the model as it is now, with the version that was made or changed; False where no format was asked for."""
    if form not in FORMATS:
        return False
    return write_as(form, shapes.model_of(registry.model(model), [shapes.version_of(version)] if version else []))


def _tags(found: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(found.items()))


@app.command()
@prints(shapes.Model)
def create(  # noqa: PLR0913 - one for each flag
    word: _Word = None,
    name: _Name = "",
    source: Annotated[str, typer.Option("--source", metavar="URI", help="where the files of the version are")] = "",
    version: Annotated[str, typer.Option("--version", metavar="auto", help="MLflow numbers versions itself: auto")] = "auto",
    description: _Description = None,
    model_tags: _Tags = None,
    version_description: _VersionDescription = None,
    version_tags: _VersionTags = None,
    tracking_uri: _Uri = "",
    output: _Output = "wide",
) -> None:
    """Register a model if it is not there, and add a version to it."""
    model, form = _named(word, name, "create"), _form(output)
    if not source.strip():
        raise UsageError("--source is required", "the URI of the model's files, for example s3://models/digits/1")
    if version != "auto":
        raise UsageError("--version: MLflow numbers versions itself", "leave it out")
    of_model, of_version = tags.given(model_tags or (), "--tags"), tags.given(version_tags or (), "--version-tags")
    registry = _registry(tracking_uri)
    if registry.create(model, description or "", of_model):
        note(f"registered model {model} created")
    elif description is not None or of_model:
        note(f"note: model {model} is there already and stays as it is: `arena model update` changes it")
    made = registry.add(model, source, version_description or "", of_version)
    if not _write(form, registry, model, made):
        say(f"model version {made.get('version')} for {model} created")


@app.command()
@prints(shapes.Model)
def update(  # noqa: PLR0913
    word: _Word = None,
    name: _Name = "",
    version: _Version = "",
    description: _Description = None,
    model_tags: _Tags = None,
    version_description: _VersionDescription = None,
    version_tags: _VersionTags = None,
    tracking_uri: _Uri = "",
    output: _Output = "wide",
) -> None:
    """Change descriptions and tags; a tag with a dash at its end (key-) is removed."""
    model, number, form = _named(word, name, "update"), _number(version), _form(output)
    of_model = tags.read(model_tags or (), "--tags", removable=True)
    of_version = tags.read(version_tags or (), "--version-tags", removable=True)
    if (version_description is not None or of_version) and not number:
        raise UsageError("which version? --version-description and --version-tags need --version N")
    if description is None and version_description is None and not of_model and not of_version:
        raise UsageError("what is to change? no flag says it", "`arena model update --help` lists them")
    registry = _registry(tracking_uri)
    # What is not there is found before anything is changed.
    registry.model(model)
    if number:
        registry.version(model, number)
    if description is not None:
        registry.describe(model, description)
    registry.tag(model, of_model)
    if version_description is not None:
        registry.describe(model, version_description, number)
    registry.tag(model, of_version, number)
    if not _write(form, registry, model, registry.version(model, number) if number and form in FORMATS else None):
        say(f"model {model} updated" if not number else f"model {model} version {number} updated")


@app.command()
@prints(shapes.Deleted)
def delete(
    word: _Word = None,
    name: _Name = "",
    version: _Version = "",
    force: Annotated[bool, typer.Option("--force", "-f", help="do not ask")] = False,
    tracking_uri: _Uri = "",
    output: _Output = "wide",
) -> None:
    """Delete a model with all its versions, or one version of it."""
    model, number, form = _named(word, name, "delete"), _number(version), _form(output)
    registry = _registry(tracking_uri)
    registry.model(model)
    if number:
        registry.version(model, number)
    what = f"version {number} of the model {model}" if number else f"the model {model} and all of its versions"
    if not force:
        if not sys.stdin.isatty():
            raise UsageError(f"{what}: deleting it cannot be undone, and nobody can be asked here", "--force deletes it without asking")
        note(f"{what} will be deleted; type yes to go ahead:")
        if sys.stdin.readline().strip() != "yes":
            note("nothing was deleted")
            raise typer.Exit(1)
    registry.delete(model, number)
    deleted: shapes.Deleted = {"name": model, "version": number}
    if not write_as(form, deleted):
        say(f"model {model} version {number} deleted" if number else f"model {model} deleted")


opens(app, "analyze", analyzing.COMMAND, "Profile, optimize, benchmark or evaluate a model in a Job.")
