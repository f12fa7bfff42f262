"""What the cluster says to a SparkApplication before it is created: its account. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arena_core.contract.types import Problem, Resource
from arena_core.families.preflight import claim_problems, env_problems, existing, priority_problems, queue_problems

if TYPE_CHECKING:
    from arena_core.contract.types import Lookup
    from arena_sparkjob.args import SparkJobArgs

ACCOUNT = Resource("", "v1", "ServiceAccount", "serviceaccounts")


def problems(args: SparkJobArgs, lookup: Lookup) -> Iterator[Problem]:
    """Yield what the cluster lacks: queue, priority classes, claims, account; PodGroups are the operator's to make."""
    for ask in (queue_problems, priority_problems, claim_problems, env_problems, account_problems):
        yield from ask(args, lookup)


def account_problems(args: SparkJobArgs, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem where the account that the driver is to have is not there: its pod would never be made."""
    if args.service_account and lookup.exists(ACCOUNT, args.service_account) is False:
        hint = "leave --driver-service-account out, and one is made for this job"
        hint += f" ({found})" if (found := existing(lookup, ACCOUNT, "accounts here")) else ""
        yield Problem(f"there is no ServiceAccount {args.service_account!r} in this namespace", "service_account", hint)
