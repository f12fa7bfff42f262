"""JobSets: several Jobs that start, fail and end as one."""
