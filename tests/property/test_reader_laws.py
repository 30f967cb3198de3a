from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sorapipe import yaml_events
from sorapipe.errors import StoryboardError
from sorapipe.load import load
from sorapipe.reader import Document, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=12)
SCALARS = (
    TEXT
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=False, allow_infinity=False)
)
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
PARSERS = sorted({yaml.SafeLoader, yaml_events.Parser}, key=lambda parser: parser.__name__)
# Pieces of YAML that mean something, so that random joins reach deep into the reader.
SIGNS = st.sampled_from(
    ["a", "b: ", "- ", "? ", ": ", "\n", "\n  ", "\t", "[", "]", "{", "}", ", ", "&x ", "*x",
     "!!int ", "!t ", "! ", "<<: ", "'", '"', "\\", "|\n", ">\n", "#", "---\n", "...\n",
     "%YAML 1.1\n", "1", "010", "1e3", ".inf", "0x", "~", "null", "shots:\n- ", "id: ",
     "prompt: ", "{x}", "\ufeff", "\x00", "\x85", "\u2028", "é", "@", "`", "\\ud800",
     "\\UFFFFFFFF"]
)  # fmt: skip


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__)
@given(st.binary(max_size=60) | st.lists(SIGNS, max_size=30).map(lambda s: "".join(s).encode()))
@settings(max_examples=200, deadline=None)
@example(b'"\\ud800"')
@example(b'a: "\\UFFFFFFFF"')
@example(b"&a [*a]")
@example(b"a: !")
def test_any_bytes_give_a_document(parser: Any, raw: bytes) -> None:
    """Whatever the bytes, there is a document or there are problems with places; nothing else."""
    document = parsed(raw, parser)
    assert document.problems or document.data is not yaml_events.BROKEN
    lines = raw.decode(errors="replace").count("\n") + 2 + raw.count(b"\r") + raw.count(b"\xe2\x80")
    for problem in document.problems:
        assert problem.what
        assert 0 <= problem.line <= lines + raw.count(b"\xc2\x85")
        assert "\n" not in str(problem)


@given(
    st.lists(SIGNS, max_size=25).map("".join),
    st.sampled_from(["", "shots: [{id: a, prompt: b}]\n"]),
)
@settings(max_examples=150, deadline=None)
def test_loading_any_text_is_safe(
    tmp_path_factory: pytest.TempPathFactory, text: str, before: str
) -> None:
    """Whatever the text, loading gives a storyboard or a StoryboardError."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(before + text, encoding="utf-8", newline="")
    try:
        loaded = load(path)
    except StoryboardError as error:
        assert all(problem.what for problem in error.problems)  # noqa: PT017 - either way is right
    else:
        assert loaded.storyboard.shots


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__)
@given(DATA)
@settings(max_examples=100, deadline=None)
def test_what_json_like_data_is_dumped_as_reads_back(parser: Any, data: Any) -> None:
    """Data written as YAML 1.1 by PyYAML, with every text in quotes, is the same when read."""
    text = yaml.dump(data, Dumper=Quoting, allow_unicode=True)
    document = parsed(text.encode(), parser)
    assert document.problems == []
    assert same(document.data, data)


@given(DATA)
@settings(max_examples=100, deadline=None)
def test_every_value_has_the_place_where_it_is_written(data: Any) -> None:
    """A text that occurs once in the file is where its place says."""
    numbered, marks = marked(data)
    text = yaml.dump(numbered, Dumper=Quoting, default_flow_style=False, width=10_000)
    document = parse(text.encode(), "x.yaml")
    lines = text.splitlines()
    for path, mark in marks.items():
        line, col = document.place(path)
        assert lines[line - 1][col - 1 :].startswith(f'"{mark}"')


class Quoting(yaml.SafeDumper):
    """Writes texts in double quotes, since YAML 1.1 and 1.2 differ on which need them."""


Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)
Quoting.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]  # as PyYAML advises


def parsed(raw: bytes, parser: Any) -> Document:
    """The document, read with that parser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_events, "Parser", parser)
        return parse(raw, "x.yaml")


def same(left: Any, right: Any) -> bool:
    """Equal and of equal types, but that a float may be written as a whole number."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(right, float):
        return math.isclose(left, right, rel_tol=0, abs_tol=0)
    return type(left) is type(right) and bool(left == right)


def marked(data: Any) -> tuple[Any, dict[tuple[str | int, ...], str]]:
    """The data with a text of its own in place of every scalar, and the path of each."""
    marks: dict[tuple[str | int, ...], str] = {}

    def mark(value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, list):
            return [mark(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {f"k{n}": mark(item, (*path, f"k{n}")) for n, item in enumerate(value.values())}
        marks[path] = f"mark{len(marks)}"
        return marks[path]

    return mark(data, ()), marks
