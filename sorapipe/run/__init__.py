"""Decide, perform, record: the one asynchronous heart of the house."""
