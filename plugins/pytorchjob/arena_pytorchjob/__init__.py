"""PyTorchJob of the Kubeflow Training Operator: distributed PyTorch training."""
