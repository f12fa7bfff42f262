"""TensorFlow Serving: what ``arena serve tensorflow`` starts."""
