from __future__ import annotations

import hashlib

import pytest

from sorapipe.core.fingerprint import VERSION, fingerprint
from sorapipe.core.request import request_for, source_for
from sorapipe.core.storyboard import Frame, Picture, Shot, Upload

DIGEST = "ab" * 32
LEAST = Shot(id="dawn", prompt="a lighthouse")
EVERYTHING = Shot(
    id="all",
    prompt='Ein "Leuchtturm"\nam Meer 灯台',
    model="sora-2-pro",
    seconds=1.5,
    size="720x1280",
    reference=Picture("stills/tower.png"),
    fit="cover",
    seed=42,
    takes=3,
    extra={"guidance": 7.5, "nested": {"a": [1, 2.0, True, None], "b": "ü"}},
)
NIGHT = Shot(id="night", prompt="by night", remix_of="dawn")

# What people have bought is found by these for ever. A change here means that the form has changed
# and that VERSION has to be raised: never write another value beside an unchanged VERSION.
GOLDEN = {
    "least": "48fae11d6548af76126c0715ab19c06df25980c8ad5c77044586484d04dd1936",
    "second take": "553843bf7e291d184f5bf08e6402e932755b83aff76c5db3860850309af351d0",
    "everything": "cbc0a7ba23152a7205d214195e1f6630d31158db5f2dc7c5b89bd9ed79ea8c59",
    "last frame": "5f03a97790eda837bafbce066c67f49658afcb93a88b2fd57fa699b40fe89f5c",
    "remix": "fd7746d5e147cf1cac8b3da2021259fdd17c34d2d73c06a2002aaf0de9a79a0c",
    "extension": "1f5e1512047abb8548b3731d7a977493d6fd68fb3c443632d97eef40477c8b39",
    "remix as reference": "0b00d85f22c1ae900a3495d621213fda05b1510e255c3007a4f070e517609062",
    "upload": "86cecc63a7036075dad77116fde2af546c3bd441109632374541b10c809ac74b",
}
CASES = {
    "least": (LEAST, 1, None, None, "local"),
    "second take": (LEAST, 2, None, None, "local"),
    "everything": (EVERYTHING, 3, DIGEST, None, "openai"),
    "last frame": (
        Shot(id="street", prompt="a street", seconds=8, reference=Frame("dawn", "last")),
        1,
        DIGEST,
        None,
        "local",
    ),
    "remix": (NIGHT, 1, DIGEST, None, "local"),
    "extension": (Shot(id="x", prompt="by night", extend_of="dawn"), 1, DIGEST, None, "local"),
    "remix as reference": (NIGHT, 1, DIGEST, "create", "local"),
    "upload": (
        Shot(id="dawn", prompt="a lighthouse", reference=Upload("file-1")),
        1,
        None,
        None,
        "local",
    ),
}


def mark(
    shot: Shot,
    take: int = 1,
    digest: str | None = None,
    operation: str | None = None,
    provider: str = "local",
) -> str:
    """The fingerprint of that take, as a plan asks for it."""
    done = operation or None
    request = request_for(shot, take, done)  # type: ignore[arg-type] # a literal in CASES
    source = source_for(shot, digest, done)  # type: ignore[arg-type] # as above
    return fingerprint(request, take, source, provider)


@pytest.mark.parametrize("case", GOLDEN)
def test_version_1_never_changes(case: str) -> None:
    """What was bought years ago is found under the same 64 digits."""
    assert VERSION == 1
    assert mark(*CASES[case]) == GOLDEN[case]


def test_a_fingerprint_is_the_digest_of_a_text_that_people_can_write_down() -> None:
    """The form is plain: sorted keys, no spaces, whole numbers without a point, UTF-8."""
    text = (
        '{"provider":"local","request":{"model":"sora-2","operation":"remix","prompt":"by night",'
        f'"seconds":4,"size":"1280x720"}},"source":{{"kind":"video","sha256":"{DIGEST}"}},'
        '"take":1,"v":1}'
    )
    assert mark(NIGHT, digest=DIGEST) == hashlib.sha256(text.encode()).hexdigest()


def test_no_two_golden_values_are_equal() -> None:
    """What differs in a field that counts is another purchase."""
    assert len(set(GOLDEN.values())) == len(GOLDEN)


def test_a_fallback_that_sends_something_else_is_something_else() -> None:
    """A remix that is sent as a picture's continuation does not pass for the remix."""
    assert mark(NIGHT, digest=DIGEST) != mark(NIGHT, digest=DIGEST, operation="edit")
