"""A plugin whose hooks fail when they are called."""
