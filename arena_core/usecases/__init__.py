"""The use cases: submit, list, get, logs, wait, delete, events, explain. Nothing here prints or configures anything."""
