"""How Arena marks the Jobs of an evaluation."""

APP = "evaluatejob"
CREATED_BY = "EvaluateJob"
