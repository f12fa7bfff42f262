"""Servers of well-known programs, each as the arguments of ``custom-serving`` that it is."""
