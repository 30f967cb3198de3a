"""Long runs, by `python -m tests.long NAME`: each a row in docs/evidence.md."""
