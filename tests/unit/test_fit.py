"""Pictures that meet a size."""

from __future__ import annotations

import io

import pytest
from PIL import ExifTags, Image

from sorapipe.media.fit import BadPicture, fit

RED, BLUE = (200, 0, 0), (0, 0, 200)


def picture(
    size: tuple[int, int] = (40, 20), form: str = "PNG", mode: str = "RGB", turn: int = 1
) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    exif[ExifTags.Base.Artist] = "Somebody"
    out = io.BytesIO()
    image = image.convert(mode)
    if mode == "RGBA":
        image.putalpha(99)  # a picture without anything to shine through is saved without alpha
    image.save(out, form, exif=exif)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """The picture of those bytes, decoded."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """Whether a pixel has about that colour."""
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 25 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("how", ["exact", "cover", "contain"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_right_already(how: str, form: str) -> None:
    """A picture with the right pixels is passed on byte by byte."""
    data = picture(form=form)
    assert fit(data, 40, 20, how) is data


def test_exact_refuses() -> None:
    """Under `exact` another size is an error that names both sizes and the way out."""
    with pytest.raises(BadPicture) as caught:
        fit(picture(), 1280, 720, "exact", where="stills/tower.png")
    assert str(caught.value) == (
        "stills/tower.png: is 40x20, not 1280x720; say 'fit: cover' or 'fit: contain'"
    )


def test_cover() -> None:
    """`cover` fills the size and cuts the same off on both sides."""
    image = opened(fit(picture((80, 20)), 20, 20, "cover"))
    assert image.size == (20, 20)
    assert near(image, (2, 10), RED)
    assert near(image, (17, 10), BLUE)
    assert near(opened(fit(picture((40, 80)), 40, 20, "cover")), (2, 1), RED)


def test_contain() -> None:
    """`contain` shows all of the picture with even black bars."""
    image = opened(fit(picture((40, 20)), 40, 40, "contain"))
    assert image.size == (40, 40)
    assert near(image, (2, 2), (0, 0, 0))
    assert near(image, (2, 37), (0, 0, 0))
    assert near(image, (2, 20), RED)
    assert near(image, (37, 20), BLUE)


def test_turned() -> None:
    """A picture is turned as its EXIF says, even where its stored pixels have the right size."""
    data = picture((40, 20), "JPEG", turn=6)
    image = opened(fit(data, 20, 40, "exact"))
    assert image.size == (20, 40)
    assert near(image, (10, 3), RED)
    assert near(image, (10, 37), BLUE)
    with pytest.raises(BadPicture, match="is 20x40, not 40x20"):
        fit(data, 40, 20, "exact")


def test_what_leaves_the_machine() -> None:
    """What is drawn anew has no EXIF left, and is PNG only where it was PNG or had transparency."""
    for form, mode, wanted in (
        ("PNG", "RGB", "PNG"),
        ("JPEG", "RGB", "JPEG"),
        ("WEBP", "RGB", "JPEG"),
        ("WEBP", "RGBA", "PNG"),
    ):
        image = opened(fit(picture(form=form, mode=mode), 30, 30, "cover"))
        assert (image.format, image.mode) == (wanted, "RGB")
        assert not image.getexif()


@pytest.mark.parametrize("how", ["cover", "contain"])
def test_transparency_is_black(how: str) -> None:
    """What shines through becomes black, not the colour that hides behind it."""
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 255, 255, 0)).save(out, "PNG")
    image = opened(fit(out.getvalue(), 20, 20, how))
    assert image.convert("RGB").getextrema() == ((0, 0),) * 3


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "CMYK", "I;16"])
def test_modes(mode: str) -> None:
    """Every kind of pixel becomes plain RGB of the same brightness."""
    out = io.BytesIO()
    image = Image.new("L", (10, 10), 128)
    if mode == "I;16":
        image = Image.new("I;16", (10, 10), 128 * 256)
    elif mode == "CMYK":
        image = image.convert("RGB")
    image.convert(mode).save(out, "JPEG" if mode == "CMYK" else "PNG")
    drawn = opened(fit(out.getvalue(), 20, 20, "cover"))
    assert drawn.mode == "RGB"
    if mode != "1":
        assert near(drawn, (10, 10), (128, 128, 128))


def test_repeatable_and_narrow() -> None:
    """The same picture gives the same bytes, and the thinnest one still has a pixel's width."""
    for how in ("cover", "contain"):
        thin = picture((3000, 2), "JPEG")
        assert fit(thin, 16, 16, how) == fit(thin, 16, 16, how)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_cut_off(form: str) -> None:
    """A picture that was cut off is refused, also where its header has the right size."""
    data = picture((400, 200), form)
    with pytest.raises(BadPicture, match="picture"):
        fit(data[: len(data) // 2], 400, 200, "exact")


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(50), b"%PDF-1.7", b"{}"])
def test_not_a_picture(data: bytes) -> None:
    """Other files are refused with what would be right."""
    with pytest.raises(BadPicture, match="is not a picture; a JPEG, PNG or WebP file is"):
        fit(data, 16, 16, "cover")


def test_bomb() -> None:
    """A small file that would fill the memory is refused by its header."""
    out = io.BytesIO()
    Image.new("1", (20_000, 5_000)).save(out, "PNG")
    with pytest.raises(BadPicture, match="more than 89 million pixels; make it smaller"):
        fit(out.getvalue(), 16, 16, "cover")
