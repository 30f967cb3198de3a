"""The tests. A package, so that helpers such as `tests.kills` have one name wherever they are used."""
