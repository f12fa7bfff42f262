"""Jobs that analyse a model: profile, optimize, benchmark, evaluate."""
