"""Which files a shot's kept takes become, by the design's rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sorapipe.core.storyboard import Shot


def files_of(shot: Shot, kept: Iterable[int], picked: int | None) -> dict[str, int]:
    """File name, relative to the output folder, to the number of the take that it holds.

    The pick is the deliverable, unless the name has the take's number in it: then every kept take
    is. What is kept but not delivered lies under `takes/`. While the pick is open nothing is told.
    """
    if picked is None:
        return {}
    if shot.delivers_all:
        return {shot.file_name(number): number for number in kept}
    return {
        shot.file_name(number) if number == picked else f"takes/{shot.id}@{number}.mp4": number
        for number in kept
    }
