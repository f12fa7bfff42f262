"""What the author of a plugin reads: the types that cross the border, the hooks, the errors."""
