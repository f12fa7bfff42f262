"""The job types ``etjob`` and ``deepspeedjob``: TrainingJob of the et-operator (``kai.alibabacloud.com/v1alpha1``)."""
