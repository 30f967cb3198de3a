"""Wrecked answers on real sockets, and runs that are started at once: never a second purchase."""

from __future__ import annotations

import itertools
import queue
import re
import subprocess
import threading
from pathlib import Path

import pytest

from tests.cli import Desk
from tests.instant import instant
from tests.long.sockets import KEYS, LISTS, Trial, all_trials, faults
from tests.wreck import WELL, Fault

EVERY = 61  # of the bytes of an answer one is cut at here; in `python -m tests.long sockets` each


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Trial]:
    """What came of it for each kind of server."""
    found = all_trials(tmp_path_factory.mktemp("sockets"), faults(EVERY))
    return {(trial.worth, trial.keys): trial for trial in found}


@pytest.mark.parametrize(("worth", "keys"), list(itertools.product(LISTS, KEYS)))
def test_a_wrecked_answer_is_settled_by_what_its_server_is_worth(
    trials: dict[tuple[str, str], Trial], worth: str, keys: str
) -> None:
    """One paid render a shot: adopted by key or list, else held with its price and what to type."""
    trial = trials[worth, keys]
    assert (trial.twice, trial.wrong) == (0, [])
    assert trial.kept > 0
    assert bool(trial.held) == (keys != "replay" and worth != "proof")


@pytest.mark.parametrize("runs", [2, 8])
def test_of_runs_that_start_at_once_one_pays_and_the_others_name_it(
    tmp_path: Path, runs: int
) -> None:
    """Creates are as many as shots; whoever comes too late exits 5, with the holder's pid."""
    desk = Desk(tmp_path)
    shots = "".join(f"  - {{ id: s{number}, prompt: wave {number} }}\n" for number in range(3))
    desk.write("version: 1\ndefaults: { seconds: 1, size: 64x64 }\nshots:\n" + shots)
    left = threading.Event()

    def wait(what: str, subject: str, before: int) -> Fault:
        """No look tells anything until all the others have left."""
        return WELL if what != "look" or left.is_set() else Fault("503")

    with instant(faults=wait) as server:
        said = ("--base-url", server.url, "--price", "sora-2=0.10", "--yes")
        started = [desk.start("run", *said) for _ in range(runs)]
        ended = queue.SimpleQueue[tuple[int, str]]()
        for process in started:
            threading.Thread(target=_wait, args=(process, ended)).start()
        losers = [ended.get(timeout=60) for _ in range(runs - 1)]
        left.set()
        winner = ended.get(timeout=60)
    assert winner[0] == 0, winner[1]
    assert server.posts.total() == 3
    assert [code for code, _ in losers] == [5] * (runs - 1)
    pids = {str(process.pid) for process in started}
    for _, told in losers:
        (holder,) = re.findall(r"held by pid (\d+) on", told)
        assert holder in pids


def _wait(process: subprocess.Popen[str], ended: queue.SimpleQueue[tuple[int, str]]) -> None:
    _, told = process.communicate()
    ended.put((process.returncode, told))
