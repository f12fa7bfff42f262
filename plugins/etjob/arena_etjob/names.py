"""Kind, labels and annotations of the et-operator."""

from arena_core.contract.types import Resource

GROUP = "kai.alibabacloud.com"
RESOURCE = Resource(GROUP, "v1alpha1", "TrainingJob", "trainingjobs")
JOB_NAME, JOB_ROLE, INDEX, OWNER = "training-job-name", "training-job-role", "replica-index", "group-name"
LAUNCHER, WORKER = "launcher", "worker"
CONTAINER = "et"
#: The Secret by which the operator lets the launcher log into the workers, unless it is called like the job.
SSH_SECRET = "arena.kubeflow.org/ssh-secret"
SUPERVISOR = "job-supervisor.kube-ai.io/"
SPOT, MAX_WAIT, SUSPENDED, STATE = (SUPERVISOR + word for word in ("spot-instance", "max-wait-time", "job-suspended", "job-status"))
#: Which of the two types a job is.
ETJOB, DEEPSPEED = "etjob", "deepspeedjob"
