"""The frozen dataclasses that cross the border between the core and a plugin.

Pydantic models come in (what a person typed, see ``args``), these go out (what code hands to code), and Kubernetes
objects are plain dicts on the way. Nothing here imports more than the grammar of Kubernetes.
"""

from __future__ import annotations

from arena_core.contract.building import BEFORE as BEFORE
from arena_core.contract.building import FRESH_KEYS as FRESH_KEYS
from arena_core.contract.building import JOB_TYPE as JOB_TYPE
from arena_core.contract.building import SUBMIT_ID as SUBMIT_ID
from arena_core.contract.building import WORKDIR as WORKDIR
from arena_core.contract.building import Build as Build
from arena_core.contract.building import Manifest as Manifest
from arena_core.contract.building import Manifests as Manifests
from arena_core.contract.building import Note as Note
from arena_core.contract.building import Problem as Problem
from arena_core.contract.building import Rescale as Rescale
from arena_core.contract.building import Resource as Resource
from arena_core.contract.building import Scale as Scale
from arena_core.contract.building import Wrapping as Wrapping
from arena_core.contract.faces import JobHandle as JobHandle
from arena_core.contract.faces import Jobs as Jobs
from arena_core.contract.faces import Lookup as Lookup
from arena_core.contract.faces import Reach as Reach
from arena_core.contract.faces import Submission as Submission
from arena_core.contract.faces import SubmitRequest as SubmitRequest
from arena_core.contract.faces import Target as Target
from arena_core.contract.jobtype import JobType as JobType
from arena_core.contract.jobtype import PodSet as PodSet
from arena_core.contract.live import NOT_TAKEN_UP as NOT_TAKEN_UP
from arena_core.contract.live import Cause as Cause
from arena_core.contract.live import Endpoint as Endpoint
from arena_core.contract.live import Find as Find
from arena_core.contract.live import Instance as Instance
from arena_core.contract.live import JobStatus as JobStatus
from arena_core.contract.live import JobView as JobView
from arena_core.contract.live import LogQuery as LogQuery
from arena_core.contract.live import LogSource as LogSource
from arena_core.contract.live import Phase as Phase
from arena_core.contract.live import Rank as Rank
from arena_core.contract.live import Removal as Removal
from arena_core.contract.live import Revision as Revision
