"""The tests: a package, so that `tests.kills` has one name wherever it is used."""
