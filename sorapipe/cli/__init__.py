"""The door: one short file a command, heavy imports inside the command."""
