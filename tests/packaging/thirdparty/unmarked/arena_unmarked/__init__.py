"""A plugin whose hook lacks its mark."""
