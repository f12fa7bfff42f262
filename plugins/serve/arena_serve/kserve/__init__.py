"""A server of KServe (InferenceService v1beta1): what ``arena serve kserve`` starts."""
