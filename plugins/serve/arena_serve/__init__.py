"""Model servers of Arena."""
