"""For those who write plugins: a reference job type (``dummy``), conformance classes, and a pytest plugin with fixtures."""
