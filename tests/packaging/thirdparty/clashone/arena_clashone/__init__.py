"""Claims the name twicejob."""
