"""What is named where no cluster was ever started cannot be there: that is said, and none is started to look for it."""

from __future__ import annotations

import pytest

from arena_core.cli.printed import commands

#: What else some commands want before they look, in place of the name alone.
TYPED = {
    "attach": ("x", "true"),
    "cp": ("x:/a", "b"),
    "data get": ("x", "a"),
    "data put": ("x", "."),
    "diff": ("x", "y"),
    "scale": ("x", "worker=2"),
    "scalein": ("--name", "x"),
    "scaleout": ("--name", "x"),
    "serve attach": ("x", "true"),
    "serve scale": ("x", "2"),
    "serve traffic-split": ("x", "-v", "a:50", "-v", "b:50"),
    "workdir push": ("x", "."),
}
LOOKING = [one.path for one in commands() if one.looks_for and one.path != "cron"]
#: These tell what this machine remembers, too, or list what there is.
OTHERS = {"bundle", "history show", "history logs", "top job"}


def test_the_commands_are_there():
    assert {"get", "logs", "delete", "stacks", "what-if", "diff", "clone", "retry", "serve get", "cron get", "data put"} <= set(LOOKING)
    assert set(TYPED) | OTHERS <= set(LOOKING)


@pytest.mark.parametrize("path", LOOKING)
def test_no_cluster_is_started_to_look(path, arena, home):
    done = arena(*path.split(), *TYPED.get(path, ("x",)))
    assert not list(home.glob(".arena/local/*")), "a local cluster was started"
    if path not in OTHERS:
        assert done.code == 3 and "no local one has been started yet" in done.err and "`arena submit` starts a local one" in done.err, done


@pytest.mark.parametrize("path", ["delete", "serve delete", "cron delete"])
def test_what_may_be_missing_is_no_failure(path, arena, home):
    assert arena(*path.split(), "x", "y", "--ignore-not-found")[::2] == (0, "")
    assert not list(home.glob(".arena/local/*"))
