"""From a command line or a job file to the argument model of a job type, and back to a file."""
