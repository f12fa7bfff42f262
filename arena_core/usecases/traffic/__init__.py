"""Requests to a server parted among its versions."""
