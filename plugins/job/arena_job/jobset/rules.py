"""Rules between the flags of a JobSet: what its webhook refuses late is refused here, under the name of the flag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from arena_core.args import check_dns_label
from arena_core.contract.types import Problem
from arena_job.jobset.fields import JobSetFields
from arena_job.jobset.values import JobRole

LIMIT = 63
_MOST = 2**31 - 1


def problems(args: JobSetFields) -> Iterator[Problem]:
    """Yield all of them."""
    names = [role.name for role in args.all_roles()]
    known = f"roles: {', '.join(names)}" if args.roles else "name the roles with --role; without it there is one, worker"
    yield from _what_runs(args)
    yield from _names(args)
    yield from _dependencies(args)
    for name in args.success_roles:
        if name not in names:
            yield Problem(f"there is no role {name!r}", "success_roles", known)
    for rule in args.failure_rules:
        for name in rule.roles:
            if name not in names:
                yield Problem(f"there is no role {name!r}", "failure_rules", known)
    for name in sorted(set(args.role_commands) - set(names)):
        yield Problem(f"there is no role {name!r}", "role_commands", known)
    if args.restart_strategy != "Recreate" and not (args.retry or args.failure_rules):
        yield Problem("has no effect without restarts", "restart_strategy", "give --retry")
    yield from _network(args, names, known)


def _what_runs(args: JobSetFields) -> Iterator[Problem]:
    if args.roles and args.workers != 1:
        yield Problem("has no effect together with --role", "workers", "put it into --role: NAME=PODS")
    for role in args.all_roles():
        if not role.image and not args.image:
            text = f"the role {role.name} has no image" if args.roles else "the container image is missing"
            yield Problem(text, "roles" if args.roles else "image", "give one with --image")
        if not args.command_of(role):
            text = f"the role {role.name} has no command" if args.roles else "the command is missing"
            hint = 'write it last, for example "python train.py"' + (f", or give --role-command {role.name}=..." if args.roles else "")
            yield Problem(text, "command", hint)


def _names(args: JobSetFields) -> Iterator[Problem]:
    field = "roles" if args.roles else "name"
    for name, count in Counter(role.name for role in args.all_roles()).items():
        if count > 1:
            yield Problem(f"the role {name} appears twice", "roles")
    for role in args.all_roles():
        if role.total > _MOST:
            yield Problem(f"{role.name}: {role.jobs} Jobs of {role.pods} pods are too many", field)
        longest = f"{args.name}-{role.name}-{role.jobs - 1}-{role.pods - 1}-xxxxx"
        if len(longest) > LIMIT:
            text = f"a pod of the role {role.name} would have a name of {len(longest)} characters, at most {LIMIT} are allowed"
            yield Problem(text, field, "shorten --name or the role's name" if args.roles else "shorten it")


def _dependencies(args: JobSetFields) -> Iterator[Problem]:
    before: list[str] = []
    waiting = [role for role in args.all_roles() if role.depends_on]
    if waiting and args.startup_order == "InOrder":
        yield Problem(f"the role {waiting[0].name} says itself what it waits for", "startup_order", "leave one of the two out")
    for role in args.all_roles():
        for name, _ in role.depends_on:
            if name not in before:
                text = f"{role.name} cannot wait for {name!r}: a role waits for one that is named before it"
                yield Problem(text, "roles", f"roles before it: {', '.join(before)}" if before else "the first role waits for nothing")
        before.append(role.name)


def _network(args: JobSetFields, names: list[str], known: str) -> Iterator[Problem]:
    if args.subdomain:
        try:
            check_dns_label(args.subdomain)
            if not args.subdomain[0].isalpha():
                yield Problem(f"{args.subdomain!r} must begin with a letter", "subdomain")
        except ValueError as error:
            yield Problem(str(error), "subdomain")
        if not args.dns_hostnames:
            yield Problem("has no effect without host names", "subdomain", "leave --dns-hostnames on")
    chief = args.coordinator
    if chief is None:
        return
    role = next((role for role in args.all_roles() if role.name == chief.role), None)
    if role is None:
        yield Problem(f"there is no role {chief.role!r}", "coordinator", known)
    else:
        yield from _within(args, role)


def _within(args: JobSetFields, role: JobRole) -> Iterator[Problem]:
    chief = args.coordinator
    if chief is None:
        return
    if chief.job >= role.jobs:
        yield Problem(f"{role.name} has {role.jobs} Jobs, so there is none with the number {chief.job}", "coordinator")
    if chief.pod >= role.pods:
        yield Problem(f"each Job of {role.name} has {role.pods} pods, so there is none with the number {chief.pod}", "coordinator")
    host = f"{args.name}-{chief.role}-{chief.job}-{chief.pod}.{args.subdomain or args.name}"
    if len(host) > LIMIT:
        text = f"its host name {host} has {len(host)} characters, at most {LIMIT} are allowed as a label"
        yield Problem(text, "coordinator", "shorten --name, --subdomain or the role's name")
