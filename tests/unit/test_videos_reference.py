"""One reference image, as each server takes it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sorapipe.errors import UsageError
from sorapipe.videos import wire
from sorapipe.videos.profile import load, names
from sorapipe.videos.reference import FileId, Image, ImageUrl, data_url, decoded, image_of, url_of

BYTES = b"\x89PNG\r\n\x1a\n and so on"
PNG = image_of(BYTES)
URL = ImageUrl("https://example.com/a.png")
DATA = ImageUrl("data:image/png;base64," + base64.b64encode(BYTES).decode())


def _sent(name: str, reference: Image | ImageUrl | FileId) -> dict[str, Any]:
    """The fields and files that a create has with that reference and not without."""
    request = wire.create(load(name), prompt="a", input_reference=reference)
    plain = {"prompt", "model", "seconds", "size", "duration"}
    fields = dict(request.json or request.form)
    found = {key: value for key, value in fields.items() if key not in plain}
    return found | {part: file.data for part, file in request.files}


@pytest.mark.parametrize(
    ("name", "reference", "expected"),
    [
        ("openai", PNG, {"input_reference": BYTES}),
        ("openai", URL, {"input_reference": {"image_url": URL.url}}),
        ("openai", DATA, {"input_reference": BYTES}),
        ("openai", FileId("file-1"), {"input_reference": {"file_id": "file-1"}}),
        ("litellm", PNG, {"input_reference": BYTES}),
        ("vllm-omni", PNG, {"input_reference": BYTES}),
        ("vllm-omni", URL, {"image_reference": json.dumps({"image_url": URL.url})}),
        ("sglang", PNG, {"input_reference": BYTES}),
        ("sglang", URL, {"reference_url": URL.url}),
        ("new-api", PNG, {"input_reference": BYTES}),
        (
            "openrouter",
            URL,
            {
                "frame_images": [
                    {
                        "type": "image_url",
                        "image_url": {"url": URL.url},
                        "frame_type": "first_frame",
                    }
                ]
            },
        ),
    ],
)
def test_each_server_gets_an_image_in_a_form_that_it_has(
    name: str, reference: Image | ImageUrl | FileId, expected: dict[str, Any]
) -> None:
    """A file, a URL, a data URL or a file id, by each dialect's own names and shapes."""
    assert _sent(name, reference) == expected


@pytest.mark.parametrize("name", [name for name in names() if load(name).image.part])
def test_a_data_url_goes_as_a_file_wherever_there_is_a_part_for_it(name: str) -> None:
    """Gateways drop the field unread, or refuse it, where they pass the file on."""
    assert _sent(name, DATA) == {load(name).image.part: BYTES}


@pytest.mark.parametrize("picture", [PNG, DATA])
def test_a_picture_becomes_a_data_url_where_there_is_no_part_for_it(
    picture: Image | ImageUrl,
) -> None:
    """A server of JSON alone still gets the very bytes."""
    (frame,) = _sent("openrouter", picture)["frame_images"]
    assert decoded(frame["image_url"]["url"]).data == BYTES


@pytest.mark.parametrize("name", names())
def test_a_file_can_be_sent_to_every_server(name: str) -> None:
    """That is the form that storyboards have, so no built-in profile may lack it."""
    assert _sent(name, PNG)


@pytest.mark.parametrize("name", ["litellm", "azure"])
def test_a_url_that_a_server_cannot_fetch_is_refused_with_the_way_out(name: str) -> None:
    """We fetch nothing behind the caller's back."""
    with pytest.raises(UsageError, match="by URL is not possible there; download it, and give"):
        _sent(name, URL)


def test_a_file_id_is_refused_where_the_server_has_no_files() -> None:
    """Not silently dropped, and not sent as something else."""
    with pytest.raises(UsageError, match="by file id is not possible there"):
        _sent("vllm-omni", FileId("file-1"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [(BYTES, "png"), (b"\xff\xd8\xff\xe0", "jpeg"), (b"RIFF\0\0\0\0WEBPVP8 ", "webp")],
)
def test_an_image_is_known_by_its_bytes(data: bytes, kind: str) -> None:
    """Its media type is what it is, whatever its file is called."""
    image = image_of(data)
    assert (image.name, image.media_type) == (f"reference.{kind}", f"image/{kind}")
    assert decoded(data_url(image)) == image


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<html>", b"RIFF\0\0\0\0WAVEfmt "])
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    """An error page that was saved as a picture is found before it is paid for."""
    with pytest.raises(UsageError, match="it is no picture"):
        image_of(data)


@pytest.mark.parametrize(
    ("name", "media_type"), [("\ud800", "image/png"), ("a", "image/png\r\nX: y"), ("a", "")]
)
def test_a_file_that_no_request_can_carry_is_refused(name: str, media_type: str) -> None:
    """Half a character has no bytes, and a line break would begin a header of its own."""
    with pytest.raises(UsageError):
        Image(name, media_type, BYTES)


@pytest.mark.parametrize("reference", [ImageUrl("not url"), FileId("\ud800"), FileId("")])
def test_a_reference_made_by_hand_is_looked_at_before_it_is_sent(
    reference: ImageUrl | FileId,
) -> None:
    """It never went through what reads people's spellings."""
    with pytest.raises(UsageError, match="input_reference"):
        _sent("openai", reference)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "picture.png",
        "ftp://example.com/a.png",
        "https://",
        "https://example.com/a\nb",
        "data:image/png,plain",
        "data:image/png;base64,%%%",
        "data:image/png;base64,R0lGODlh",
    ],
)
def test_an_address_that_leads_to_no_picture_is_refused(text: str) -> None:
    """Another scheme, a broken data URL, or one that carries something else."""
    with pytest.raises(UsageError, match="input_reference"):
        url_of(text)
    assert url_of(DATA.url) == DATA
