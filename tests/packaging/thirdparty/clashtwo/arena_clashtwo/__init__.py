"""Claims the name twicejob as well, and pytorchjob."""
