"""The simulator: real core, run and ledger code; a virtual clock, disk, network and server."""
