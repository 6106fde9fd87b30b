"""The checks of tests/lint. Each takes a Tree and returns its findings, one line each."""
