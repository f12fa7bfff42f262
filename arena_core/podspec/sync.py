"""The init containers: what fetches code with git or rsync, what unpacks the user's own folder."""

from __future__ import annotations

from typing import Any

from arena_core.args import JobArgs, SyncArgs
from arena_core.podspec.container import environment, literal, resources
from arena_core.podspec.facts import JobFacts, Role
from arena_core.podspec.volumes import CODE_VOLUME
from arena_core.podspec.workdir import unpackers

GIT_IMAGE = "registry.cn-zhangjiakou.aliyuncs.com/acs/git-sync:v3.3.5"
RSYNC_IMAGE = "registry.cn-zhangjiakou.aliyuncs.com/acs/rsync:v3.1.0-aliyun"


def init_containers(args: JobArgs, facts: JobFacts, role: Role) -> list[dict[str, Any]]:
    """Return what runs before the job's own container: ``init-code`` of ``--sync-mode``, and what unpacks ``--workdir``."""
    return [*_fetchers(args, facts, role), *unpackers(args, role)]


def _fetchers(args: JobArgs, facts: JobFacts, role: Role) -> list[dict[str, Any]]:
    """Return the init container ``init-code``, or none without ``--sync-mode``.

    It gets the job's environment, because git-sync reads credentials and branch from it; what names the repository is
    written last, so that it can't be overridden by accident.
    """
    if not isinstance(args, SyncArgs) or not args.sync_mode:
        return []
    variables = environment(args, facts, role)
    container: dict[str, Any] = {
        "name": "init-code",
        "image": args.sync_image or (GIT_IMAGE if args.sync_mode == "git" else RSYNC_IMAGE),
        "imagePullPolicy": args.image_pull_policy,
    }
    if args.sync_mode == "git":
        own = {
            "GIT_SYNC_REPO": literal(args.sync_source),
            "GIT_SYNC_DEST": literal(args.sync_project),
            "GIT_SYNC_ROOT": "/code",
            "GIT_SYNC_ONE_TIME": "true",
        }
        kept = [item for item in variables.get("env", []) if item["name"] not in own]
        variables["env"] = kept + [{"name": k, "value": v} for k, v in own.items()]
    else:
        container["command"] = ["rsync", "-avP", literal(args.sync_source), "/code"]
    container |= variables
    wanted = resources(args, role, devices=False)
    if wanted:
        container["resources"] = wanted
    container["volumeMounts"] = [{"name": CODE_VOLUME, "mountPath": "/code"}]
    return [container]
