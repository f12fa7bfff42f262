"""The job type ``sparkjob``: SparkApplication of the Spark operator (``sparkoperator.k8s.io/v1beta2``)."""
