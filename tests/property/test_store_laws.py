"""What a store may lose, over histories of folders that nobody chose."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sorapipe.clock import SystemClock
from sorapipe.ledger import Ledger
from sorapipe.run.named import named
from sorapipe.store import Store
from sorapipe.store_check import check
from sorapipe.store_roots import Root, roots
from sorapipe.store_sweep import find, remove

SHOTS = ("dawn", "storm")
# What a run may bring: (folder, shot, what it is made from); the last may be wanted anywhere.
MADE = st.tuples(st.integers(0, 1), st.sampled_from(SHOTS), st.integers(0, 4))
# Beside it: an open payment, a pick, a lock that names a take, and whether bytes are the same.
STEPS = st.lists(
    st.tuples(st.sampled_from(["keep", "keep", "keep", "open", "pick", "lock", "deliver"]), MADE),
    max_size=25,
)


def digest(text: str) -> str:
    """A sha256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


class Film:
    """A folder with its ledger, and what it names as current by a reckoning of the test's own."""

    def __init__(self, root: Root, store: Store) -> None:
        self.root = root
        self.store = store
        self.kept: dict[str, str] = {}  # all that were ever kept: digests by fingerprint
        self.current: dict[str, str] = {}  # fingerprints by shot
        self.picked: dict[str, str] = {}
        self.delivered: dict[str, str] = {}  # digests by shot
        self.locked: set[str] = set()
        root.out.mkdir()
        root.register(store.root)
        self.ledger = Ledger.open(root.ledger, SystemClock())

    def step(self, what: str, shot: str, made: int) -> None:
        """One thing that happens to the take that the shot is when made from that."""
        mark = digest(f"{shot} of {made}")
        sha256 = self.kept.get(mark)
        if what == "keep" and sha256 is None:
            self._keep(shot, mark, b"video %d" % made)
        elif what == "open" and sha256 is None and mark not in self.current.values():
            self._open(shot, mark, made)
        elif sha256 is not None and what == "pick":
            self.ledger.append_sync("picked", shot=shot, number=1, fp=mark)
            self.picked[shot] = mark
        elif sha256 is not None and what == "deliver":
            facts = {"take": f"{shot}@1", "fp": mark, "sha256": sha256, "bytes": 1, "mtime_ns": 1}
            self.ledger.append_sync("delivered", file=f"{shot}.mp4", **facts)
            self.delivered[shot] = sha256
        elif sha256 is not None and what == "lock" and self.root.lock is not None:
            self.locked.add(sha256)
            takes = {f"{number}@1": {"sha256": one} for number, one in enumerate(self.locked)}
            self.root.lock.write_text(json.dumps({"takes": takes}))

    def _keep(self, shot: str, mark: str, video: bytes) -> None:
        with self.store.incoming() as incoming:
            incoming.write(video)
            there = incoming.finish()
        self.store.name(mark, {"sha256": there.sha256, "bytes": there.bytes})
        facts = {"sha256": there.sha256, "bytes": there.bytes}
        self.ledger.append_sync("reused", fp=mark, take=f"{shot}@1", **facts)
        self.kept[mark], self.current[shot] = there.sha256, mark

    def _open(self, shot: str, mark: str, made: int) -> None:
        """It was fetched and named, and the run was killed before its ledger had it."""
        with self.store.incoming() as incoming:
            incoming.write(b"video %d" % made)
            there = incoming.finish()
        self.store.name(mark, {"sha256": there.sha256, "bytes": there.bytes})
        facts = {"render": mark[:32], "price": 0.1, "address": "studio", "number": 1, "wall": 1.0}
        self.ledger.append_sync("intent", fp=mark, take=f"{shot}@1", **facts)
        self.kept[mark] = there.sha256
        self.picked[mark] = mark  # a payment hangs on it: it counts as much as a pick

    def needs(self) -> tuple[set[str], set[str]]:
        """The fingerprints that it names as current, and the digests."""
        marks = {*self.current.values(), *self.picked.values()}
        digests = {self.kept[mark] for mark in marks}
        return marks, digests | {*self.delivered.values()} | self.locked


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_gc_takes_all_that_nobody_names_and_nothing_else(
    steps: list[tuple[str, tuple[int, str, int]]],
) -> None:
    """After any history each named object and record is there, and each object is named."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        places = [Path(folder) / name for name in "ab"]
        films = [Film(Root(place, place.with_suffix(".yaml")), store) for place in places]
        for what, (number, shot, made) in steps:
            films[number].step(what, shot, made)
        for film in films:
            with closing(film.ledger):
                pass
        found = named(roots(store.root))
        remove(store, find(store, found.digests, found.fingerprints, float("inf")))
        assert check(store, lambda _: None).whole
        marks = set[str]().union(*(film.needs()[0] for film in films))
        digests = set[str]().union(*(film.needs()[1] for film in films))
        assert marks <= set(store.records())
        assert set(store.objects()) == digests
