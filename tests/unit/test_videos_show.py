"""What is shown of a video."""

from __future__ import annotations

from sorapipe.cli.videos_show import as_json, as_table, as_text
from sorapipe.videos.model import video_of
from sorapipe.videos.secret import Secret


def test_a_key_that_a_server_repeats_is_not_shown() -> None:
    """Some put it into the address of a result, for us to fetch it with."""
    told = dict.fromkeys(("model", "prompt"), "my sk-secret-key")
    video = video_of({**told, "url": "https://files.example.com/a?key=sk-secret-key"}, "video_1")
    key = Secret("sk-secret-key")
    for text in (as_json(video, key), as_text(video, key), as_table([video], key)):
        assert "secret" not in text
        assert "[API key]" in text
