"""The name of the main container."""

CONTAINER = "main"
