"""A server of Seldon Core 1 (SeldonDeployment v1): what ``arena serve seldon`` starts."""
