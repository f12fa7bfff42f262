"""DeepSpeed on a TrainingJob: as Arena builds it."""
