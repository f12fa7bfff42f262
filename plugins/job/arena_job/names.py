"""Labels that the Job controller writes, and the name of the main container."""

JOB_NAME = "batch.kubernetes.io/job-name"
INDEX = "batch.kubernetes.io/job-completion-index"
CONTAINER = "main"
