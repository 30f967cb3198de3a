"""The lock where a process of its own is needed: no socket, a server that is gone, Ctrl-C."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from sorapipe.core.lock import Lock
from sorapipe.core.lock_text import parse
from tests.cli import Desk
from tests.swift import swift

FILM = """\
version: 1
defaults: { seconds: 1, size: 64x64 }
shots:
  - { id: dawn, prompt: dawn, takes: 2 }
  - { id: storm, prompt: storm }
"""
# The command with an ear on every socket that python makes, in C as well; told at the very end.
WATCHED = """
import atexit, sys
families = []
def hear(event, arguments):
    if event == "socket.__new__":
        families.append(int(arguments[1]))
sys.addaudithook(hear)
atexit.register(lambda: print("families:", families, file=sys.stderr))
sys.argv[0] = "sorapipe"
from sorapipe.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
AF_UNIX = int(socket.AF_UNIX)


class Bought(Desk):
    """A film that was rendered by a server on a socket, which is gone now."""

    def command(self, name: str, *options: str) -> list[str]:
        return super().command(name, "--provider", "generic", *options)

    def watched(self, *words: str) -> tuple[int, str, list[int]]:
        """Exit code, stderr and the families of all sockets of `run` with those words."""
        command = [sys.executable, "-c", WATCHED, *self.command("run", *words)[3:]]
        done = subprocess.run(command, env=self.env, text=True, capture_output=True, check=False)
        said, _, families = done.stderr.rpartition("families: ")
        found: list[int] = json.loads(families)
        return done.returncode, said, found

    @property
    def lock(self) -> Lock:
        return parse(self.storyboard.with_suffix(".lock").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Bought:
    """The film, its lock, and no server any more."""
    found = Bought(tmp_path_factory.mktemp("bought"))
    found.write(FILM)
    with swift() as server:
        there = ("--base-url", server.url, "--price", "sora-2=0.1")
        ran = found.run("run", *there)
    assert ran.returncode == 0, ran.stderr
    return found


def test_with_all_there_locked_opens_no_socket(bought: Bought, tmp_path: Path) -> None:
    """Everything in the store: delivered into an empty folder with no server named, no AF_INET."""
    assert {take.price for take in bought.lock.takes.values()} == {Decimal("0.1")}
    assert {take.engine for take in bought.lock.takes.values()} == {None}
    film = Bought(Path(shutil.copytree(bought.folder, tmp_path / "film")))
    shutil.rmtree(film.out)
    code, said, families = film.watched("--locked")
    assert (code, set(families) <= {AF_UNIX}) == (0, True), said
    assert not (film.out / ".studio").exists()
    for name in ("dawn.mp4", "takes/dawn@2.mp4", "storm.mp4"):
        assert (bought.out / name).read_bytes() == (film.out / name).read_bytes()


def test_with_one_file_missing_locked_exits_8_and_opens_no_socket(
    bought: Bought, tmp_path: Path
) -> None:
    """Nothing is asked of any server: not one socket of AF_INET or AF_INET6 is made."""
    film = Bought(Path(shutil.copytree(bought.folder, tmp_path / "film")))
    (film.out / "storm.mp4").unlink()
    sha256 = film.lock.takes["storm@1"].sha256
    (film.folder / "store" / "objects" / sha256[:2] / sha256).unlink()
    code, said, families = film.watched("--locked")
    assert (code, set(families) <= {AF_UNIX}) == (8, True)
    assert "1 of 3 takes are not there as locked: storm@1 (its file is missing)" in said


def test_the_ear_hears_sockets(bought: Bought, tmp_path: Path) -> None:
    """The same command without --locked makes a socket of AF_INET, and that is heard."""
    film = Bought(Path(shutil.copytree(bought.folder, tmp_path / "film")))
    film.write(FILM.replace("prompt: storm", "prompt: wind"))
    with swift() as server:
        code, said, families = film.watched("--base-url", server.url, "--price", "sora-2=0.1")
    assert code == 0, said
    assert set(families) - {AF_UNIX}


def test_an_interrupted_run_locks_what_it_kept(tmp_path: Path) -> None:
    """After Ctrl-C the lock has the take that was kept, and not the one that was under way."""
    desk = Desk(tmp_path)
    desk.write(
        "version: 1\n"
        "shots:\n"
        "  - { id: short, prompt: a wave, seconds: 1, size: 64x36 }\n"
        "  - { id: long, prompt: a sea, seconds: 60, size: 640x360 }\n"
    )
    with desk.start("run", "--json") as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "delivered":
                assert event["take"] == "short@1"
                process.send_signal(signal.SIGINT)
                break
        process.communicate(timeout=60)
        assert process.returncode == 130
    lock = parse((tmp_path / "storyboard.lock").read_text(encoding="utf-8"))
    assert list(lock.takes) == ["short@1"]
    assert desk.run("plan", "--locked", "--select", "short").returncode == 0
    assert desk.run("plan", "--locked").returncode == 8
