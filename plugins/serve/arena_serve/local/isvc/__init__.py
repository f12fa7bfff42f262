"""InferenceServices in KServe's standard mode: the predictor as a Deployment with a Service (KServe 0.20)."""
