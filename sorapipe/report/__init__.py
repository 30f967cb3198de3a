"""What a ledger and a plan say to people and to programs."""
