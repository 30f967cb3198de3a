"""One writer for each folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sorapipe.clock import SystemClock
from sorapipe.errors import HeldElsewhere, StorageError, UsageError
from sorapipe.hold import Hold, weak_lock

HOLDER = """
import sys
from pathlib import Path
from sorapipe.clock import SystemClock
from sorapipe.hold import Hold, weak_lock
with Hold(Path(sys.argv[1]), SystemClock()):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """Another process that holds the folder once this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_loser_is_told(tmp_path: Path) -> None:
    """The loser says which process holds the folder and since when, and the winner is not hurt."""
    out = tmp_path / "renders" / "film"
    with holder(out) as process:
        for _ in range(2):
            with pytest.raises(HeldElsewhere) as caught, Hold(out, SystemClock()):
                pass
        assert f"{out}: held by pid {process.pid} on " in str(caught.value)
        assert " since 20" in str(caught.value)
        process.communicate()
    with Hold(out, SystemClock()):
        assert (out / ".lock").exists()


def test_killed(tmp_path: Path) -> None:
    """The kernel frees the folder of a process that was killed."""
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Hold(tmp_path, SystemClock()):
            pass


def test_children_do_not_keep_it(tmp_path: Path) -> None:
    """A program that was started meanwhile, and lives on, does not keep the folder held."""
    with Hold(tmp_path, SystemClock()):
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False)
    with child:
        with Hold(tmp_path, SystemClock()):
            assert child.poll() is None
        child.communicate()


def test_one_process_twice(tmp_path: Path) -> None:
    """A process cannot hold one folder twice either; once it is released it can be held again."""
    hold = Hold(tmp_path, SystemClock())
    with hold, pytest.raises(HeldElsewhere, match=f"pid {os.getpid()} "):
        Hold(tmp_path, SystemClock()).acquire()
    with hold:
        assert (tmp_path / ".lock").read_bytes()
    hold.release()
    assert (tmp_path / ".lock").read_bytes() == b""


def test_out_is_a_file(tmp_path: Path) -> None:
    """A file given as the output folder, or standing above it, is a mistake of usage."""
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "deep" / "out"):
        with pytest.raises(UsageError, match="file: is a file, not a folder; name a folder with"):
            Hold(folder, SystemClock()).acquire()


def test_planted_lock(tmp_path: Path) -> None:
    """A link or a pipe in the lock's place is neither followed nor waited for."""
    aim = tmp_path / "aim"
    aim.write_bytes(b"precious")
    (tmp_path / ".lock").symlink_to(aim)
    with pytest.raises(StorageError, match="symbolic link"):
        Hold(tmp_path, SystemClock()).acquire()
    assert aim.read_bytes() == b"precious"
    (tmp_path / ".lock").unlink()
    os.mkfifo(tmp_path / ".lock")
    with pytest.raises(StorageError, match="not a regular file"):
        Hold(tmp_path, SystemClock()).acquire()


MOUNTS = """\
/dev/vda / ext4 rw,relatime 0 0
server:/home /home nfs4 rw,vers=4.2,local_lock=none 0 0
server:/films /mnt/all\\040films nfs rw,vers=3,nolock,local_lock=all 0 0
/dev/vdb /mnt/all\\040films/here ext4 rw 0 0
//server/share /mnt/share cifs rw,nobrl 0 0
me@server: /mnt/ssh fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/root/out", None),
        ("/home/me/out", None),
        ("/mnt/ssh-keys/out", None),
        ("/mnt/all films/out", "nfs"),
        ("/mnt/all films/here/out", None),
        ("/mnt/share", "cifs"),
        ("/mnt/ssh/a/b", "fuse.sshfs"),
    ],
)
def test_locks_that_stay_on_this_machine(folder: str, kind: str | None) -> None:
    """A network file system whose locks do not reach other machines is told by its name."""
    told = weak_lock(Path(folder), MOUNTS)
    assert told == (kind and f"its file system ({kind}) keeps locks on this machine alone")


def test_what_is_mounted_here_can_be_read(tmp_path: Path) -> None:
    """A folder on a local disk is no reason to warn."""
    assert weak_lock(tmp_path) is None
