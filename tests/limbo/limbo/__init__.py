"""Parts of tests/limbo/run: the cases, the command under test, what its answers are worth."""
