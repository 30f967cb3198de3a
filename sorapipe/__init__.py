"""sorapipe: a storyboard in, videos and a durable ledger out."""

__version__ = "0.1.0"
