"""The commands by name: where each lives and what it is for. Nothing is imported before it is used."""

from __future__ import annotations

from arena_core.records import record


@record
class Entry:
    """One command of the core; ``module`` is below ``arena_core.cli``. A missing module's command is not there."""

    name: str
    module: str
    summary: str
    aliases: tuple[str, ...] = ()
    section: str = "Jobs"


ENTRIES: tuple[Entry, ...] = (
    Entry("submit", "commands.submit", "submit a job"),
    Entry("serve", "commands.serve", "start model servers, and list, update or delete them"),
    Entry("cron", "commands.cron", "make jobs at times, and list, suspend or delete what makes them"),
    Entry("list", "commands.list", "list jobs", ("ls",)),
    Entry("get", "commands.get", "show one job and its instances"),
    Entry("logs", "commands.logs", "print or follow the logs of a job", ("log",)),
    Entry("logview", "commands.logview", "show the logs of jobs in the browser", ("logviewer",)),
    Entry("why", "commands.why", "explain why a job is not running", ("explain",)),
    Entry("stacks", "commands.stacks", "show where each rank of a running job is: its Python stacks"),
    Entry("what-if", "commands.what_if", "say when a job that waits will start, and behind whom"),
    Entry("top", "commands.top", "show what nodes and jobs ask for, hold and use"),
    Entry("queue", "commands.queue", "show the queues: quota, who runs, who waits at which place", ("queues",)),
    Entry("wait", "commands.wait", "wait until a job reaches a state"),
    Entry("suspend", "commands.suspend", "suspend a job, so that its instances end"),
    Entry("stop", "commands.stop", "stop jobs: suspend those that can be suspended, delete the others"),
    Entry("resume", "commands.resume", "let a suspended job run"),
    Entry("scale", "commands.scale", "change how many instances a role of a running job has"),
    Entry("scalein", "commands.scalein", "take workers away from an elastic job"),
    Entry("scaleout", "commands.scaleout", "give workers to an elastic job"),
    Entry("attach", "commands.attach", "run a command in an instance of a job"),
    Entry("events", "commands.events", "print or follow the events of a job", ("event",)),
    Entry("open", "commands.open", "open what a job serves (TensorBoard, dashboard) in the browser"),
    Entry("port-forward", "commands.port_forward", "forward ports of this machine to a job", ("forward",)),
    Entry("cp", "commands.cp", "copy files from and to an instance of a job"),
    Entry("delete", "commands.delete", "delete jobs and everything that belongs to them", ("del",)),
    Entry("prune", "commands.prune", "delete the jobs that ended a while ago"),
    Entry("sweep", "commands.sweep", "show what came of the jobs of a sweep, with their last figures"),
    Entry("clone", "commands.clone", "submit an earlier job again under another name, with changes"),
    Entry("retry", "commands.retry", "submit a job that failed again"),
    Entry("diff", "commands.diff", "show what is different between two jobs, or a live job and a job file"),
    Entry("bundle", "commands.bundle", "write everything about a job into one file, for whoever is to help"),
    Entry("history", "commands.history", "list what was submitted from here, and what became of it; logs of what is gone"),
    Entry("workdir", "commands.workdir", "bring the folder of --workdir to instances that wait for it"),
    Entry("data", "commands.data", "list the volumes that jobs can mount with --data, and copy files from and to them"),
    Entry("watchdog", "commands.watchdog", "watch the jobs that were submitted here, and tell of their ends"),
    Entry("demo", "demo", "train a small model with two processes on this machine", section="Getting started"),
    Entry("schema", "commands.schema", "print the JSON Schema of a job type's job file", section="Other"),
    Entry("config", "commands.config", "show and change what is configured: defaults, profiles, the cluster", section="Other"),
    Entry("plugins", "commands.plugins", "list installed plugins, check that they load, or begin a new one", section="Other"),
    Entry("check", "commands.check", "check what the cluster has and lacks for your jobs, or its monitoring", ("doctor",), section="Other"),
    Entry("whoami", "commands.whoami", "print who the cluster says you are", section="Other"),
    Entry("version", "commands.version", "print the version", section="Other"),
    Entry("completion", "commands.completion", "print a completion script for bash, zsh or fish", section="Other"),
    Entry("exit-codes", "commands.exit_codes", "print what the exit codes mean", section="Other"),
)


def find(name: str) -> Entry | None:
    """The command of this name or alias."""
    return next((e for e in ENTRIES if name == e.name or name in e.aliases), None)


def names() -> list[str]:
    """All names, without aliases."""
    return [e.name for e in ENTRIES]
