"""What one look at a list says of many renders, and what a run leaves behind for other folders."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sorapipe.claims import Claims
from sorapipe.config_file import Limits
from sorapipe.core.tally import Tally, fold
from sorapipe.run.late import leave
from sorapipe.run.listing import Look
from sorapipe.videos.model import video_of
from tests.events import event

AT = "https://studio.example.com/v1"


class Counting(Claims):
    """Claims that count how often they are read."""

    reads = 0

    def owner(self, address: str, video: str) -> str | None:
        """The folder that claimed the video, or None."""
        self.reads += 1
        return super().owner(address, video)


def hands_for(folder: Path, tally: Tally) -> Any:
    """What a look and a leave need of a run in that folder."""
    return SimpleNamespace(
        address=AT,
        out=folder / "out",
        claims=Counting(folder / "claims"),
        session=SimpleNamespace(tally=tally, redacted=lambda request: request),
        clock=SimpleNamespace(now=lambda: 1000.0),
        clock_offset=0.0,
        provider=SimpleNamespace(
            limits=Limits(), profile=SimpleNamespace(list="hint", retention=None)
        ),
        foreign=lambda take: False,
    )


def test_a_look_reads_each_claim_once_for_however_many_are_missing(tmp_path: Path) -> None:
    """Thousands that ask for the same read the disk no more often than there are videos."""
    asked: dict[str, Any] = {**event("intent"), "wall": 900.0, "address": AT}
    takes = [{**asked, "fp": f"{number:064x}", "render": f"{number:032x}"} for number in range(9)]
    hands = hands_for(tmp_path, fold(takes))
    request = asked["request"]
    raw = {key: request[key] for key in ("prompt", "model", "size", "seconds")}
    videos = [video_of({**raw, "created_at": 950}, f"video_{number}") for number in range(9)]
    look = Look(hands, videos, [])
    assert {look.judge(take, 1000.0).verdict for take in takes} == {"several"}
    assert hands.claims.reads == 9


def test_a_folder_that_is_taken_off_has_claimed_its_videos(tmp_path: Path) -> None:
    """Also one whose id became durable in the moment in which the run was stopped."""
    begun = [{**event("intent"), "address": AT}, event("accepted")]
    hands = hands_for(tmp_path, fold(begun))
    hands.claims.enter(AT, hands.out)
    leave(hands)
    assert hands.claims.entered(AT) == []
    assert hands.claims.owner(AT, "video_1") == str(hands.out)
