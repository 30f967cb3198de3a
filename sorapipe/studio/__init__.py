"""The studio: the built-in Videos API server and its renderer."""
