"""`sorapipe` and `python -m sorapipe`."""

from __future__ import annotations

import io
import os
import sys

from sorapipe import __version__


class Talk(io.TextIOWrapper):
    """stderr: what finds no reader there, or no room, ends nothing and is no exit code."""

    def write(self, text: str) -> int:
        """Write, or be silent from now on."""
        try:
            return super().write(text)
        except OSError:
            self._leave()
            return len(text)

    def flush(self) -> None:
        """Flush, or be silent from now on."""
        try:
            super().flush()
        except OSError:
            self._leave()

    def _leave(self) -> None:
        try:  # noqa: SIM105 - contextlib costs `--version`
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
        except OSError:  # too many open files: then each write fails, and is silent, for itself
            pass


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.argv[1:] == ["--version"]:  # asked by scripts, often: nothing else is imported
        print(f"sorapipe {__version__}")
        return 0
    _open_standard_streams()
    try:
        from sorapipe.cli.main import main as run

        return run(sys.argv[1:])
    except KeyboardInterrupt:  # before a command had begun
        return 130


def _open_standard_streams() -> None:
    """Where the caller closed one, nothing goes there: no file of ours may get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - pathlib costs `--version`; for good
    assert isinstance(sys.stderr, io.TextIOWrapper)
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    sys.stderr = Talk(sys.stderr.detach(), encoding, errors, line_buffering=True)


if __name__ == "__main__":
    sys.exit(main())
