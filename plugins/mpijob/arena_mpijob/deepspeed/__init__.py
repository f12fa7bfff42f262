"""DeepSpeed on MPIJobs, where the et-operator is missing."""
