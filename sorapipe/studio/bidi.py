"""Right-to-left lines in the order in which they are seen, and Arabic letters in their shapes.

A plain reading of Unicode's rules, enough for a caption: the line has the direction of its first
strong letter, runs against it are turned around, and numbers are not.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def visual(line: str) -> str:
    """The line as it is drawn from left to right."""
    if not any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in line):
        return line
    runs = _runs(_shaped(line))
    first = next(right for right, text in runs if right is not None)
    if first:
        runs.reverse()
    return "".join(text[::-1].translate(_MIRRORED) if right else text for right, text in runs)


def _runs(line: str) -> list[tuple[bool, str]]:
    """Stretches of one direction (True: right to left); spaces between two take the line's."""
    kinds = [_direction(sign) for sign in line]
    overall = next(kind for kind in kinds if kind is not None)
    runs: list[tuple[bool, str]] = []
    for i, sign in enumerate(line):
        kind = kinds[i]
        if kind is None:
            before = next((k for k in reversed(kinds[:i]) if k is not None), overall)
            after = next((k for k in kinds[i:] if k is not None), overall)
            kind = before if before == after else overall
        if runs and runs[-1][0] == kind:
            runs[-1] = (kind, runs[-1][1] + sign)
        else:
            runs.append((kind, sign))
    return runs


def _direction(sign: str) -> bool | None:
    kind = unicodedata.bidirectional(sign)
    if kind in {"R", "AL"}:
        return True
    return False if kind in {"L", "EN", "AN"} else None


@cache
def _shapes() -> dict[str, dict[str, str]]:
    """Letter -> form -> sign, from the presentation forms that Unicode keeps for this."""
    shapes: dict[str, dict[str, str]] = {}
    for code in range(0xFE80, 0xFEFD):
        form, _, letters = unicodedata.decomposition(chr(code)).partition(" ")
        shapes.setdefault("".join(chr(int(c, 16)) for c in letters.split()), {})[form] = chr(code)
    return shapes


def _shaped(line: str) -> str:
    shapes = _shapes()
    for pair in [letters for letters in shapes if len(letters) == 2]:
        line = line.replace(pair, shapes[pair].get("<isolated>", pair))
    shown = []
    for i, sign in enumerate(line):
        forms = shapes.get(sign)
        if forms is None:
            shown.append(sign)
            continue
        before = i > 0 and "<initial>" in shapes.get(line[i - 1], {}) and "<final>" in forms
        after = (
            i + 1 < len(line) and "<final>" in shapes.get(line[i + 1], {}) and "<initial>" in forms
        )
        form = {(True, True): "<medial>", (True, False): "<final>", (False, True): "<initial>"}
        shown.append(forms.get(form.get((before, after), "<isolated>"), sign))
    return "".join(shown)
