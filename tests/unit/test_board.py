"""The board of a run: what it lets be bought, and what it takes for what is there."""

from __future__ import annotations

from sorapipe.core.plan import Bytes, Decision
from sorapipe.core.planner import make_plan
from sorapipe.core.storyboard import Storyboard
from sorapipe.run.board import Board
from tests.plans import A_BYTES, B_BYTES, A, B, facts, has, mark_of
from tests.unit.test_plan_selection import NEW, kept


def test_what_is_fetched_again_needs_no_parent_on_the_server() -> None:
    """A kept remix whose file was lost here is brought home, though its parent's video is gone."""
    _, tally = has(a=A_BYTES, b=B_BYTES)
    mark = mark_of(B, parent=A_BYTES)
    dead = {mark_of(A): Bytes(sha256=A_BYTES, bytes=1, video="video_a", alive=False)}
    known = facts(held=dead, tally=tally, refetchable=frozenset({mark}))
    film = Storyboard(shots=(A, B))
    plan = make_plan(film, known)
    board = Board(film, plan, known)
    board.work(plan.takes[0])
    board.picked["a"] = 1
    assert board.decide(board.work(plan.takes[1])) == (Decision.REUSE, "fetched again")


def test_a_stale_take_that_is_left_says_what_it_was_made_of() -> None:
    """Its work never pairs an earlier fingerprint with the request or the source of today."""
    held, tally = kept(a=A_BYTES, b=B_BYTES)
    other = {**held, mark_of(A): Bytes(sha256=NEW, bytes=1, video="v", alive=True)}
    known = facts(held=other, tally=tally, keep_stale=True)
    film = Storyboard(shots=(A, B))
    plan = make_plan(film, known)
    board = Board(film, plan, known)
    board.work(plan.takes[0])
    board.picked["a"] = 1
    work = board.work(plan.takes[1])
    assert work.source is not None
    assert (work.fingerprint, work.source.sha256) == (mark_of(B, parent=A_BYTES), A_BYTES)
