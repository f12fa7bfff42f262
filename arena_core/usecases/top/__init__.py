"""What nodes and jobs ask for, hold and use."""
