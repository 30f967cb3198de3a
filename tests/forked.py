"""`sorapipe` a hundred times a minute: forked from a Python that has imported everything already.

A fork is a process like any other, with threads, files and signals of its own, and ends as one
does; it only saves the second that Python takes to begin. One of its threads can be made to wait at
its first step (the gate), so that a tracer finds it before it has touched a file.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
MESSAGE = 1 << 16


class Forks:
    """The Python that forks; one process at a time, asked by one thread. A context manager."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
        env = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
        with theirs:
            fds = [theirs.fileno()]
            self._process = subprocess.Popen(command, pass_fds=fds, cwd=ROOT, env=env)
        self._numbers = count(1)

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()  # the end of orders, which ends it
        self._process.wait()

    def start(
        self, words: Sequence[str], env: Mapping[str, str], said: Path, gate: str = ""
    ) -> Forked:
        """Begin `sorapipe WORDS`, stdout and stderr in `SAID.out` and `SAID.err`.

        `gate` is the name of the thread that waits for `go`.
        """
        number = next(self._numbers)
        order = {"words": list(words), "env": dict(env), "said": str(said), "gate": gate}
        self._channel.send(json.dumps({"number": number, **order}).encode())
        return Forked(self._channel, number)

    def run(self, words: Sequence[str], env: Mapping[str, str], said: Path) -> int:
        """Run `sorapipe WORDS` to its end; the exit code."""
        return self.start(words, env, said).wait()


class Forked:
    """A `sorapipe` that is running: its `pid`, and, once it ended, its `code`."""

    def __init__(self, channel: socket.socket, number: int) -> None:
        self.code: int | None = None
        self._channel = channel
        self._number = number
        self.pid = int(self._hear()["pid"])

    def gated(self) -> int | None:
        """The id of the thread that waits at the gate; None where it ended without one."""
        heard = self._hear()
        self.code = heard.get("code")
        return heard.get("gate")

    def go(self) -> None:
        """Open the gate."""
        self._channel.send(b"go")

    def ended_within(self, seconds: float) -> bool:
        """Whether it ends before that many seconds have passed."""
        self._channel.settimeout(seconds)
        try:
            self.wait()
        except TimeoutError:
            return False
        finally:
            self._channel.settimeout(None)
        return True

    def wait(self) -> int:
        """The exit code, or minus the signal that ended it."""
        if self.code is None:
            self.code = int(self._hear()["code"])
        return self.code

    def _hear(self) -> dict[str, Any]:
        while True:
            heard: dict[str, Any] = json.loads(self._channel.recv(MESSAGE))
            if heard["number"] == self._number:  # a test that failed left others unheard
                return heard


def main(channel: socket.socket) -> int:
    """Fork as ordered until there are no more orders; in a fork, run the command."""
    _import_all()
    gc.freeze()  # or every fork would copy all that was imported at its first collection
    while order := channel.recv(MESSAGE):
        ordered = json.loads(order)
        pid = os.fork()
        if not pid:
            _be(ordered, channel)
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):  # a test that failed does not wait for the end
            _say(channel, ordered, code=os.waitstatus_to_exitcode(status))
    return 0


def _import_all() -> None:
    """What a run imports on its way."""
    import anyio._backends._asyncio
    import httpcore
    import tenacity.asyncio

    import sorapipe.cli.main
    import sorapipe.media.fit
    import sorapipe.media.frames
    import sorapipe.report.live
    import sorapipe.report.summary
    import sorapipe.run.salvage
    import sorapipe.run.start

    assert all((anyio, httpcore, tenacity, sorapipe))


def _be(order: dict[str, Any], channel: socket.socket) -> NoReturn:
    """Become `sorapipe`: its outputs, its environment, its words."""
    for number, kind in ((1, "out"), (2, "err")):
        fd = os.open(f"{order['said']}.{kind}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(fd, number)
        os.close(fd)
    _say(channel, order, pid=os.getpid())
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["sorapipe", *order["words"]]
    _set_gate(order, channel)
    from sorapipe.__main__ import main as run

    code = run()
    sys.stderr.flush()
    os._exit(code)  # Python would spend as long on tidying up as on the run


def _say(channel: socket.socket, order: dict[str, Any], **fields: int) -> None:
    channel.send(json.dumps({"number": order["number"], **fields}).encode())


def _set_gate(order: dict[str, Any], channel: socket.socket) -> None:
    def wait(name: str) -> None:
        if name == order["gate"]:
            _say(channel, order, gate=threading.get_native_id())
            channel.recv(MESSAGE)

    begin = threading.Thread.run

    def begin_gated(self: threading.Thread) -> None:
        wait(self.name)
        begin(self)

    threading.Thread.run = begin_gated  # type: ignore[method-assign] - in this process alone
    wait(threading.current_thread().name)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        code = main(orders)
    sys.exit(code)
