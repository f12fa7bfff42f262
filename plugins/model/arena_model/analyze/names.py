"""How Arena marks the Jobs of an analysis."""

APP = "modeljob"
CREATED_BY = "ModelJob"
#: The label that says which task it is.
TASK = "type"
