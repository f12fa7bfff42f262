"""Triton Inference Server: what ``arena serve triton`` starts."""
