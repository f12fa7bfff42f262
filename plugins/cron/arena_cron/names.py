"""Labels and annotations of crons and of what they make."""

#: On each job of a cron and on its pods: the cron's name.
CRON = "arena.kubeflow.org/cron-name"
#: On a cron: the type of its jobs.
TYPE = "arena.kubeflow.org/cron-type"
#: On a cron of plain Kubernetes, whose own fields are those of what makes the jobs: what was asked for.
POLICY = "arena.kubeflow.org/cron-concurrency-policy"
KEEPS = "arena.kubeflow.org/cron-history-limit"
DEADLINE = "arena.kubeflow.org/cron-deadline"
#: Arena's mark of whatever a cron makes.
CREATED_BY = "createdBy"
CREATOR = "Cron"
#: The label ``app`` of the pod that makes jobs, and the name of its container.
RUNNER = "cron-runner"
