"""Models in an MLflow registry."""
