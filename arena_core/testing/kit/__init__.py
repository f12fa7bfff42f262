"""The parts of the conformance kit, one module for each subject; ``arena_core.testing.conformance`` puts them together."""
