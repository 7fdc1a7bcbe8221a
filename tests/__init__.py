"""The test suite; CONTRIBUTING.md says how to run it."""
