"""The job type ``trainjob``: TrainJob of Kubeflow Trainer v2 (``trainer.kubeflow.org/v1alpha1``)."""
