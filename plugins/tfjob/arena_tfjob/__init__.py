"""TFJob of the Kubeflow Training Operator: distributed TensorFlow training."""
