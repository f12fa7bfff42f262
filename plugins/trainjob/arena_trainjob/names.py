"""Kinds, labels and names of Kubeflow Trainer, and those of JobSet that its pods carry."""

from arena_core.contract.types import Resource

GROUP = "trainer.kubeflow.org"
RESOURCE = Resource(GROUP, "v1alpha1", "TrainJob", "trainjobs")
CLUSTER_RUNTIME = Resource(GROUP, "v1alpha1", "ClusterTrainingRuntime", "clustertrainingruntimes", namespaced=False)
RUNTIME = Resource(GROUP, "v1alpha1", "TrainingRuntime", "trainingruntimes")
JOBSET = Resource("jobset.x-k8s.io", "v1alpha2", "JobSet", "jobsets")
JOB = Resource("batch", "v1", "Job", "jobs")

#: Labels of JobSet on the pods; Trainer's own stand on the Jobs alone.
JOBSET_NAME = "jobset.sigs.k8s.io/jobset-name"
ROLE = "jobset.sigs.k8s.io/replicatedjob-name"
JOB_INDEX = "jobset.sigs.k8s.io/job-index"
#: Which step a replicated job of a runtime is, a label of its Job template.
STEP = "trainer.kubeflow.org/trainjob-ancestor-step"
TRAINER, DATASET, MODEL = "trainer", "dataset-initializer", "model-initializer"
INITIALIZERS = (DATASET, MODEL)
#: The replicated job, and the container, in which the training runs; of MPI runtimes the launcher starts it.
NODE, LAUNCHER = "node", "launcher"
#: Who writes our patch into ``spec.runtimePatches``: each manager has one.
MANAGER = "arena.kubeflow.org/submit"
