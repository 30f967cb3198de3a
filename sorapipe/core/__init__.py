"""The pure core: standard library only; no I/O, no await, no clock, no randomness."""
