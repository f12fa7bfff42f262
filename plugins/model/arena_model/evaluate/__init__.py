"""Jobs that evaluate a model, by Arena's older command."""
