"""Volcano's webhooks: what they write into Jobs and Queues, and the words in which they refuse."""
