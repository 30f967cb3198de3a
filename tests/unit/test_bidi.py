"""Right-to-left lines in the order in which they are seen."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sorapipe.studio.bidi import visual


def test_left_to_right_stays() -> None:
    """A line without right-to-left letters is as it was."""
    assert visual("A line (of 3)") == "A line (of 3)"


def test_hebrew_is_turned_around_but_its_numbers_are_not() -> None:
    """The first letter stands at the right; digits keep their order; brackets are mirrored."""
    assert visual("אב (12) ג") == "ג (12) בא"


def test_hebrew_in_english_is_turned_around_in_its_place() -> None:
    """The line's direction is its first strong letter's."""
    assert visual("say אב now") == "say בא now"


def test_arabic_letters_take_their_shapes() -> None:
    """Initial, medial and final forms; lam and alef are one sign."""
    names = [unicodedata.name(sign) for sign in visual("بيت")]
    assert names == [
        "ARABIC LETTER TEH FINAL FORM",
        "ARABIC LETTER YEH MEDIAL FORM",
        "ARABIC LETTER BEH INITIAL FORM",
    ]
    assert unicodedata.name(visual("لا")).startswith("ARABIC LIGATURE LAM WITH ALEF")


@given(st.text(alphabet="abאבג 12()לابت", max_size=40))
def test_nothing_but_the_order_of_letters_changes(line: str) -> None:
    """No letter of a line without Arabic is lost or made up."""
    if any("\u0600" <= sign <= "\u06ff" for sign in line):
        assert len(visual(line)) <= len(line)
        return
    swap = str.maketrans(")", "(")
    assert sorted(visual(line).translate(swap)) == sorted(line.translate(swap))
