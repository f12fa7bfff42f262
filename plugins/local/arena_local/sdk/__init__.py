"""What a job type's part of the local cluster is built from: bundle and API, owners, conditions, pods, custom resources."""
