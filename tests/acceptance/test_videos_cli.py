"""`sorapipe videos` as people and scripts use it: words in; data, talk, files, exit codes out."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sorapipe.cli.main import main
from tests.served import serving

SMALL = ("--size", "64x36", "--seconds", "1")
LONG = ("--size", "640x360", "--seconds", "60")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> list[dict[str, Any]]:
        """The JSON documents on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


Sora = Callable[..., Ended]


@pytest.fixture
def sora(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Sora:
    """Runs `sorapipe videos WORDS`, in a folder and with a state folder of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*words: object) -> Ended:
        try:
            code = main(["videos", *map(str, words)])
        except SystemExit as ended:  # argparse's own
            code = int(str(ended.code))
        seen = capsys.readouterr()
        assert "Traceback" not in seen.err
        assert "a fault of ours" not in seen.err
        return Ended(code, seen.out, seen.err)

    return run


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A lenient studio on a port, which the tests of this file share."""
    with serving("--lenient") as url:
        yield url


@pytest.fixture
def on(sora: Sora, base_url: str) -> Sora:
    """`sora`, against that studio."""
    return lambda *words: sora(*words, "--base-url", base_url, "--profile", "local")


@contextmanager
def faulty(sora: Sora, fault: str) -> Iterator[Sora]:
    """`sora`, against a studio of its own that has this fault."""
    with serving("--lenient", "--fault", fault) as url:
        yield lambda *words: sora(*words, "--base-url", url, "--profile", "local")


@pytest.fixture
def made(on: Sora) -> str:
    """The id of a small video that is finished."""
    ended = on("create", "a lighthouse", *SMALL, "--wait", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    return ended.out.strip()


def test_create_with_a_file_renders_and_downloads(on: Sora) -> None:
    """The id alone is on stdout; stderr has the server, the steps and the file, which is an MP4."""
    ended = on("create", "a storm", *SMALL, "-o", "storm.mp4")
    assert ended.code == 0
    video = ended.out.strip()
    lines = ended.err.splitlines()
    assert lines[0].startswith("server: http://127.0.0.1:")
    assert lines[0].endswith("this render adds no cost")
    assert lines[1] == f"{video}: accepted"
    assert f"{video}: completed" in lines
    film = Path("storm.mp4").read_bytes()
    assert film[4:8] == b"ftyp"
    assert lines[-1] == f"storm.mp4: {len(film)} bytes"


def test_data_for_programs(on: Sora) -> None:
    """With --json the finished video is one document, with the file that was written."""
    ended = on("create", "a bay", *SMALL, "-o", "a.mp4", "--json", "--quiet")
    (told,) = ended.data
    assert (ended.code, ended.err) == (0, "")
    assert (told["status"], told["progress"], told["seconds"]) == ("completed", 100, 1)
    assert (told["size"], told["prompt"], told["error"]) == ("64x36", "a bay", None)
    assert told["bytes"] == Path("a.mp4").stat().st_size
    assert told["created_at"] <= told["completed_at"] < told["expires_at"]


def test_retrieve_shows_what_is_known(on: Sora, made: str) -> None:
    """A line for each thing that the server tells, or one document."""
    shown = dict(line.split(maxsplit=1) for line in on("retrieve", made).out.splitlines())
    assert (shown["id"], shown["status"], shown["prompt"]) == (made, "completed", "a lighthouse")
    assert on("retrieve", made, "--json").data[0]["id"] == made


def test_list_pages(on: Sora, made: str) -> None:
    """A page has what was asked for and says how to go on; --all goes over all of them."""
    more = on("create", "another", *SMALL).out.strip()
    page = on("list", "--limit", "1")
    assert page.out.splitlines()[0].startswith("id ")
    assert page.out.splitlines()[1].startswith(more)
    assert f"--after {more}" in page.err
    second = on("list", "--limit", "1", "--after", more, "--json")
    assert [video["id"] for video in second.data] == [made]
    every = [video["id"] for video in on("list", "--all", "--limit", "1", "--json").data]
    assert every[:2] == [more, made]
    assert on("list", "--all", "--order", "asc", "--json").data[-1]["id"] == more


def test_download_and_its_variants(on: Sora, made: str) -> None:
    """The file is named by the id, and by what it is, and its name is what stdout has."""
    assert on("download", made).out == f"{made}.mp4\n"
    assert Path(f"{made}.mp4").read_bytes()[4:8] == b"ftyp"
    told = on("download", made, "--variant", "thumbnail", "--json").data[0]
    assert (told["variant"], told["file"]) == ("thumbnail", f"{made}-thumbnail.webp")
    on("download", made, "--variant", "spritesheet", "-o", "sheet.jpg")
    for name, kind in ((told["file"], "WEBP"), ("sheet.jpg", "JPEG")):
        with Image.open(name) as image:
            assert image.format == kind


def test_no_file_is_replaced_silently(on: Sora, made: str) -> None:
    """A file that is there is left alone without --force, and found before anything is sent."""
    mine = Path("mine.mp4")
    mine.write_text("mine")
    before = on("list", "--all", "--json").out
    for words in (("download", made), ("create", "a", *SMALL), ("remix", made, "b")):
        ended = on(*words, "-o", mine)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err == "mine.mp4: there is a file already; name another, or add --force\n"
    assert on("list", "--all", "--json").out == before
    assert mine.read_text() == "mine"
    assert on("download", made, "-o", mine, "--force").code == 0
    assert mine.read_bytes()[4:8] == b"ftyp"


def test_a_file_that_cannot_be_is_refused_before_it_costs(on: Sora) -> None:
    """A folder, a folder that is not there and a name that no file can have end with 2."""
    Path("folder").mkdir()
    for wrong in ("folder", "no/where.mp4", "x" * 300 + ".mp4", ""):
        ended = on("create", "a", *SMALL, "-o", wrong, "--force")
        assert (ended.code, ended.out) == (2, "")
        assert "accepted" not in ended.err


def test_remix_edit_and_extend(on: Sora, made: str) -> None:
    """Each is a video of its own; a remix names its parent, an extension is longer."""
    remix = on("remix", made, "by night", "--wait", "--json").data[0]
    assert remix["remixed_from"] == made
    assert on("edit", made, "in snow", "--json").data[0]["prompt"] == "in snow"
    longer = on("extend", made, "and on", "--seconds", "2s", "--wait", "--json").data[0]
    assert (longer["status"], longer["seconds"]) == ("completed", 3)


def test_what_is_not_completed_has_no_remix(on: Sora) -> None:
    """A parent that is still rendered is refused here, with the command that waits for it."""
    long = on("create", "a long wave", *LONG).out.strip()
    ended = on("remix", long, "b")
    assert (ended.code, ended.out) == (2, "")
    assert f"sorapipe videos wait {long} --base-url http" in ended.err
    assert on("delete", long).code == 1  # it is still rendered


def test_what_a_server_cannot_do_is_not_asked_of_it(sora: Sora, base_url: str) -> None:
    """An ability that the profile lacks ends with 2 and its name, before any request."""
    where = ("--base-url", base_url, "--profile", "openrouter")
    for words in (("remix", "video_0", "b"), ("list",), ("delete", "video_0")):
        ended = sora(*words, *where)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("profile 'openrouter': ")


def test_references(on: Sora) -> None:
    """A picture may be given by its path or as a data URL; one of another size is told as such."""
    Image.new("RGB", (64, 36), "orange").save("dunes.png")
    data = base64.b64encode(Path("dunes.png").read_bytes()).decode()
    for given in ("dunes.png", f"data:image/png;base64,{data}"):
        assert on("create", "dunes", *SMALL, "--reference", given).code == 0
    other = on("create", "dunes", "--size", "36x64", "--seconds", "1", "--reference", "dunes.png")
    assert (other.code, other.out) == (1, "")
    assert "Inpaint image must match" in other.err
    for wrong, words in (("file-123", "file id"), ("nope.png", "'nope.png' is not there")):
        ended = on("create", "a", "--reference", wrong)
        assert (ended.code, ended.out) == (2, "")
        assert words in ended.err


def test_characters(on: Sora, made: str) -> None:
    """A character is made of a film, shown, and named in a create."""
    on("download", made, "-o", "keeper.mp4")
    character = on("create-character", "The keeper", "keeper.mp4").out.strip()
    assert "The keeper" in on("retrieve-character", character).out
    assert on("retrieve-character", character, "--json").data[0]["name"] == "The keeper"
    assert on("create", "he waves", *SMALL, "--character", character).code == 0
    assert on("create", "he waves", *SMALL, "--character", "char_0").code == 1


def test_delete(on: Sora, made: str) -> None:
    """What is deleted is told by its id; what is not there ends with 1."""
    other = on("create", "b", *SMALL, "--wait").out.strip()
    ended = on("delete", made, other, "video_0")
    assert (ended.code, ended.out.split()) == (1, [made, other])
    assert on("retrieve", made).code == 1


def test_one_that_is_gone_does_not_keep_the_others(on: Sora) -> None:
    """Deleting goes on after an id that the server does not know, and ends with 1."""
    made = on("create", "A red kite", *SMALL, "--wait").out.strip()
    done = on("delete", "video_nope", made)
    assert (done.code, done.out.strip()) == (1, made)
    assert "video_nope" in done.err


def test_waiting_for_what_is_not_there_is_not_advised(on: Sora) -> None:
    """After a 404 nobody is sent to wait for that video again."""
    done = on("wait", "video_nope")
    assert done.code == 1
    assert "404" in done.err
    assert "go on with" not in done.err


def test_stdout_is_no_place_for_a_video(on: Sora) -> None:
    """`-o -` is refused before anything is sent: the id goes to stdout."""
    done = on("create", "A red kite", *SMALL, "-o", "-")
    assert (done.code, done.out) == (2, "")
    assert "accepted" not in done.err


def test_no_price_is_told_of_what_is_not_sent(sora: Sora, base_url: str) -> None:
    """A picture that is not there is told, and no sum before it."""
    done = sora(
        "create", "A", "--reference", "no.png", "--base-url", base_url, "--profile", "openai"
    )
    assert done.code == 2
    assert "$" not in done.err


def test_a_key_of_ones_own_never_buys_twice(on: Sora) -> None:
    """The same --idempotency-key gives the same video, where the server has that."""
    words = ("create", "once", *SMALL, "--idempotency-key", "mine")
    assert on(*words).out == on(*words).out
    assert on("create", "once", *SMALL).out != on("create", "once", *SMALL).out


def test_the_servers_own_parameters(on: Sora) -> None:
    """--extra is sent as the JSON that it is, and the server's complaint about it is told."""
    ended = on("create", "a", *SMALL, "--extra", 'input_reference_url="x"', "--extra", "n=1")
    assert ended.code == 0
    refused = on("create", "a", *SMALL, "--extra", 'user={"seed"')
    assert (refused.code, refused.out) == (2, "")
    assert "'user' is no JSON" in refused.err


def test_the_prompt_may_come_on_stdin(on: Sora, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt of '-' is what stdin has."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Möwen\nim Wind\n".encode())))
    assert on("create", "-", *SMALL, "--json").data[0]["prompt"] == "Möwen\nim Wind"


def test_the_built_in_studio_keeps_its_videos(sora: Sora) -> None:
    """Without a server a create is rendered by the next command that waits, in the same state."""
    ended = sora("create", "a bay", *SMALL)
    video = ended.out.strip()
    assert f"renders only while a command waits: 'sorapipe videos wait {video}'" in ended.err
    assert sora("wait", video, "-o", "bay.mp4").out.strip() == video
    assert Path("bay.mp4").read_bytes()[4:8] == b"ftyp"
    assert [told["status"] for told in sora("list", "--json").data] == ["completed"]


def test_what_it_costs_is_told_before(sora: Sora) -> None:
    """Server, dialect and price are on stderr; a server that says 'later' is not asked again."""
    with serving("--fault", "429@create") as url:
        openai = ("--base-url", url, "--profile", "openai")
        ended = sora("create", "a", "--seconds", "8", *openai)
        assert (ended.code, ended.out) == (1, "")
        assert f"server: {url} (openai; chosen by --base-url); this render costs $0.80" in ended.err
        assert "429" in ended.err
        unknown = sora("create", "a", "--model", "new", *openai)
        assert "this render is of unknown price" in unknown.err
        assert sora("list", *openai).err == "no videos\n"


def test_a_lost_answer_is_no_reason_to_send_again(sora: Sora) -> None:
    """An answer that never came ends with 3 and how to look; the create was sent once."""
    with faulty(sora, "lost-reply@create") as on:
        ended = on("create", "a", *SMALL)
        assert (ended.code, ended.out) == (3, "")
        assert "may have been accepted, and billed" in ended.err
        assert "'sorapipe videos list --base-url http://127.0.0.1:" in ended.err
        assert len(on("list", "--json").data) == 1


def test_a_render_that_fails(sora: Sora) -> None:
    """A failed render ends with 1, its reason on stderr and, for programs, the video on stdout."""
    with faulty(sora, "moderation@create") as on:
        ended = on("create", "a", *SMALL, "-o", "a.mp4", "--json")
        assert (ended.code, ended.data[0]["status"]) == (1, "failed")
        assert ended.data[0]["error"]["code"] in ended.err
        assert not Path("a.mp4").exists()


def test_a_deadline_names_the_command_that_goes_on(on: Sora) -> None:
    """A render that takes too long ends with 1; it goes on, and so can we."""
    long = on("create", "a long wave", *LONG).out.strip()
    ended = on("wait", long, "--timeout", "0.1", "-o", "a b.mp4")
    assert (ended.code, ended.out) == (1, "")
    assert f"sorapipe videos wait {long} -o 'a b.mp4' --base-url" in ended.err


def test_credentials(sora: Sora, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the server refuses ends with 7, and is never shown, not even in a prompt."""
    monkeypatch.setenv("SORAPIPE_API_KEY", "key-of-a-stranger")
    with serving("--lenient", token="key-of-the-tests") as url:
        where = ("--base-url", url, "--profile", "local")
        for words in (("list",), ("create", "a", *SMALL), ("download", "video_0")):
            ended = sora(*words, *where)
            assert (ended.code, ended.out) == (7, "")
            assert "key-of-" not in ended.err
        monkeypatch.setenv("SORAPIPE_API_KEY", "key-of-the-tests")
        ended = sora("create", "my key-of-the-tests", *SMALL, "--json", *where)
        assert "it has your API key in it" in ended.err
        assert ended.data[0]["prompt"] == "my [API key]"
        assert "key-of-" not in sora("list", *where).out


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("remi",),
        ("create",),
        ("create", ""),
        ("create", "\udcff"),
        ("create", "a", "--seconds", "long"),
        ("create", "a", "--seconds", "0"),
        ("create", "a", "--size", "big"),
        ("create", "a", "--seed", "x"),
        ("create", "a", "--extra", "x"),
        ("create", "a", "--extra", 'prompt="b"'),
        ("create", "a", "--timeout", "soon"),
        ("extend", "video_0", "a"),
        ("retrieve", ""),
        ("retrieve", "\udcff"),
        ("list", "--limit", "0"),
        ("list", "--limit", "101"),
        ("list", "--order", "up"),
        ("list", "--provider", "nobody"),
        ("list", "--base-url", "ftp://a"),
        ("download", "video_0", "--variant", "gif"),
        ("download", "v" * 300),
        ("create-character", "a", "no.mp4"),
        ("create-character", "", "no.mp4"),
    ],
    ids=lambda words: ascii(" ".join(words))[1:40],
)
def test_wrong_words_end_with_2(sora: Sora, words: tuple[str, ...]) -> None:
    """What cannot be is told in one line, and nothing is on stdout."""
    ended = sora(*words)
    assert (ended.code, ended.out) == (2, "")
    talk = [line for line in ended.err.splitlines() if not line.startswith("server: ")]
    assert len(talk) == 1
    assert ": " in talk[0]
