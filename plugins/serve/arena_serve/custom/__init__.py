"""Any server at all: what ``arena serve custom`` starts."""
