"""What `arena history` and its relatives share."""
