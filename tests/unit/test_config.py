"""Which server is meant, who said so, and what must not be possible to say."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sorapipe import config_file
from sorapipe.config import Provider, resolve
from sorapipe.config_file import Limits
from sorapipe.errors import UsageError
from sorapipe.videos.addresses import is_private

KEY = "sk-very-secret-0123456789"
CONFIG = """
provider = "farm"
[providers.farm]
profile = "openai"
base-url = "https://farm.example.com/v1/"
key-env = "FARM_KEY"
concurrency = 3
[providers.openai]
key-env = "OPENAI_KEY"
[providers.box]
base-url = "http://gpu-box:8000/v1"
[prices]
"wan-3.0" = 0.05
[limits]
read-timeout = 300
max-video-bytes = 1048576
"""
ENV = {
    "FARM_KEY": "farm-key-1",
    "OPENAI_KEY": "openai-key-1",
    "SORAPIPE_API_KEY": KEY,
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config file with a default and three providers."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def _resolved(
    config: Path | None = None, env: dict[str, str] | None = None, **said: Any
) -> Provider:
    return resolve(config_path=config, environ=env or {}, **said)


def test_without_a_word_it_is_the_studio_in_process() -> None:
    """No key, no network, no address; and no key is carried about for nothing."""
    found = _resolved(env={"SORAPIPE_API_KEY": KEY})
    assert (found.name, found.profile.name, found.base_url) == ("local", "local", None)
    assert not found.api_key
    assert found.limits == Limits()
    assert "nothing else is chosen" in found.why


@pytest.mark.parametrize(
    ("said", "env", "expected"),
    [
        ({}, {}, ("farm", "openai", "https://farm.example.com/v1", "farm-key-1")),
        ({"storyboard_provider": "box"}, {}, ("box", "generic", "http://gpu-box:8000/v1", KEY)),
        ({"storyboard_provider": "local"}, {}, ("local", "local", None, "")),
        (
            {"storyboard_provider": "box"},
            {"SORAPIPE_BASE_URL": "http://localhost:9/v1"},
            ("generic", "generic", "http://localhost:9/v1", KEY),
        ),
        (
            {"storyboard_provider": "box"},
            {"SORAPIPE_BASE_URL": "http://localhost:9/v1", "SORAPIPE_PROFILE": "openai"},
            ("openai", "openai", "http://localhost:9/v1", KEY),
        ),
        (
            {},
            {"SORAPIPE_PROFILE": "openai"},
            ("openai", "openai", "https://api.openai.com/v1", "openai-key-1"),
        ),
        (
            {"base_url": "http://127.0.0.1:1/v1"},
            {"SORAPIPE_BASE_URL": "http://localhost:9/v1"},
            ("generic", "generic", "http://127.0.0.1:1/v1", KEY),
        ),
        (
            {"profile": "local"},
            {"SORAPIPE_BASE_URL": "http://localhost:9/v1", "SORAPIPE_PROFILE": "openai"},
            ("local", "local", "http://localhost:9/v1", KEY),
        ),
        (
            {"provider": "farm", "storyboard_provider": "box"},
            {"SORAPIPE_BASE_URL": "http://localhost:9/v1", "SORAPIPE_PROFILE": "generic"},
            ("farm", "openai", "https://farm.example.com/v1", "farm-key-1"),
        ),
        (
            {"provider": "farm", "base_url": "http://127.0.0.1:1/v1", "profile": "generic"},
            {},
            ("farm", "generic", "http://127.0.0.1:1/v1", "farm-key-1"),
        ),
    ],
)
def test_who_wins(
    config: Path, said: dict[str, str], env: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    """Command line, environment, storyboard, config, studio; a key stays with its own address."""
    found = _resolved(config, ENV | env, **said)
    key = found.api_key.reveal()
    assert (found.name, found.profile.name, found.base_url, key) == expected
    assert found.why


def test_a_provider_may_name_a_profile_of_the_users_own(config: Path) -> None:
    """Or be called like it; and a built-in one may be overridden, for all who are like it."""
    config.write_text(
        "[providers.box]\nprofile = 'mine'\nbase-url = 'http://gpu-box:8000/v1'\n"
        "[profiles.mine]\nlike = 'sglang'\nconcurrency = 2\n"
        "[profiles.openai]\nconcurrency = 5\n"
    )
    box = _resolved(config, provider="box")
    assert (box.profile.name, box.profile.fields.seconds_type) == ("mine", "integer")
    assert box.concurrency == 2
    assert _resolved(config, provider="openai").concurrency == 5
    named = _resolved(config, profile="mine", base_url="http://localhost/v1")
    assert (named.name, named.profile.name) == ("mine", "mine")


def test_a_provider_can_be_looked_at_without_an_address(config: Path) -> None:
    """Nobody is talked to, so nobody needs to be found; its key is looked for all the same."""
    found = _resolved(config, {"SORAPIPE_API_KEY": KEY}, provider="generic", to_talk=False)
    assert (found.base_url, found.key_from, bool(found.api_key)) == (None, "SORAPIPE_API_KEY", True)


def test_the_config_says_prices_concurrency_and_limits(config: Path) -> None:
    """What one machine's owner knows better than a profile."""
    found = _resolved(config)
    assert found.concurrency == 3
    assert found.prices == {"wan-3.0": Decimal("0.05")}
    assert found.limits.read_timeout == 300
    assert found.limits.settle_timeout == 300
    assert found.limits.max_video_bytes == 1 << 20
    assert not found.api_key


def test_requests_a_minute_are_the_owners_number_before_the_profiles(config: Path) -> None:
    """What an account is granted its owner knows; where nobody says, it is learned."""
    profile = "[profiles.mine]\nrequests-per-minute = 25\n"
    entry = "[providers.box]\nprofile = 'mine'\nbase-url = 'http://gpu-box:8000/v1'\n"
    config.write_text(profile + entry)
    assert _resolved(config, provider="box").requests_per_minute == 25
    config.write_text(profile + entry + "requests-per-minute = 125\n")
    assert _resolved(config, provider="box").requests_per_minute == 125
    assert _resolved().requests_per_minute is None


def test_what_a_server_keeps_waiting_is_submitted_beyond_its_slots(config: Path) -> None:
    """Unless its owner says how many are to be in flight: that is never passed."""
    profile = "[profiles.mine]\nconcurrency = 2\nqueue-depth = 3\n"
    entry = "[providers.box]\nprofile = 'mine'\nbase-url = 'http://gpu-box:8000/v1'\n"
    config.write_text(profile + entry)
    assert _resolved(config, provider="box").concurrency == 5
    config.write_text(profile + entry + "concurrency = 3\n")
    assert _resolved(config, provider="box").concurrency == 3
    assert _resolved(config, {"SORAPIPE_BASE_URL": "https://x/v1"}).concurrency == 8


def test_the_environment_wins_over_the_configs_limits(config: Path) -> None:
    """One name, two places; the nearer one counts."""
    env = {"SORAPIPE_READ_TIMEOUT": "2.5", "SORAPIPE_SETTLE_TIMEOUT": "0"}
    limits = _resolved(config, env).limits
    assert (limits.read_timeout, limits.settle_timeout) == (2.5, 0)


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "1e400", "9" * 20])
def test_a_limit_that_cannot_be_is_one_line(value: str) -> None:
    """The variable and its value are named."""
    with pytest.raises(UsageError, match=r"^SORAPIPE_READ_TIMEOUT: '?" + value[:5]):
        _resolved(env={"SORAPIPE_READ_TIMEOUT": value})


def test_the_config_lies_in_the_users_folder(tmp_path: Path) -> None:
    """$XDG_CONFIG_HOME first, then ~/.config; neither has to exist."""
    for place, env in (
        (tmp_path / "xdg", {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "HOME": "/nowhere"}),
        (tmp_path / "home" / ".config", {"HOME": str(tmp_path / "home")}),
    ):
        assert _resolved(env=env).name == "local"
        (place / "sorapipe").mkdir(parents=True)
        (place / "sorapipe" / "config.toml").write_text('provider = "openai"')
        assert _resolved(env=env).name == "openai"


def test_a_key_may_lie_in_a_file_beside_the_config(config: Path) -> None:
    """Relative to the config; the newline at its end is not part of the key."""
    config.write_text('[providers.p]\nprofile = "openai"\nkey-file = "secret.txt"')
    (config.parent / "secret.txt").write_text(KEY + "\n")
    assert _resolved(config, ENV, provider="p").api_key.reveal() == KEY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("provider = ", "it is not TOML"),
        ("proivder = 'x'", "there is no key 'proivder'; did you mean 'provider'?"),
        ("[providers.p]\nbase_url = 'x'", "'providers.p.base_url'; did you mean 'base-url'?"),
        (f"[providers.p]\nkey = '{KEY}'", "keys don't stand in this file"),
        ("[providers.p]\nkey-env = 'A'\nkey-file = 'b'", "one of the two"),
        ("[providers.p]\nconcurrency = 0", "p.concurrency: 0 is no count; a whole number from 1"),
        ("[providers.p]\nconcurrency = true", "True is no count"),
        ("[providers.p]\nrequests-per-minute = 1.5", "minute: Decimal('1.5') is no count"),
        ("[providers.'a b']\nprofile = 'openai'", "this can't be a provider's name"),
        ("[providers]\np = 1", "it is not a table"),
        ("provider = 3", "it is not a name"),
        ("provider = 'farn'\n[providers.farm]", "no provider 'farn'; did you mean 'farm'?"),
        ("provider = 'p'\n[providers.p]\nprofile = 'opnai'", "did you mean 'openai'?"),
        ("provider = 'p'\n[providers.p]", "nobody says where the server of provider 'p' is"),
        ("[profiles.p]\nlsit = 'hint'", ": profiles.p.lsit: there is no such key; did you mean"),
        ("[profiles.'a b']\nlist = 'hint'", "this can't be a profile's name"),
        ("[profiles]\np = 1", ": profiles: p: it is not a table"),
        ("provider = 'p'\n[providers.p]\nprofile = 'min'\n[profiles.mine]", "mean 'mine'?"),
        ("[prices]\nm = 'dear'", "dear is no price"),
        ("[prices]\nm = -1", "-1 is no price"),
        ("[limits]\nread-timeuot = 1", "did you mean 'read-timeout'?"),
        ("[limits]\nread-timeout = 'x'", "limits.read-timeout: 'x' is not possible"),
        ("[limits]\nmax-video-bytes = 1.5", "a whole number of bytes"),
        (
            "provider = 'p'\n[providers.p]\nprofile = 'openai'\nkey-file = 'none.txt'",
            "No such file",
        ),
    ],
)
def test_a_wrong_config_is_one_line_with_the_file_and_the_remedy(
    config: Path, text: str, words: str
) -> None:
    """Every fault names the file, the key and what would be right, and shows no secret."""
    config.write_text(text)
    with pytest.raises(UsageError) as caught:
        _resolved(config)
    told = str(caught.value)
    assert words in told
    assert told.startswith(str(config))
    assert KEY not in told
    assert "\n" not in told


def test_a_config_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    """--config names a file; only the usual one may be missing."""
    with pytest.raises(UsageError, match="No such file"):
        _resolved(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"provider": "opnai"}, "--provider: there is no provider 'opnai'; did you mean 'openai'?"),
        ({"storyboard_provider": "x"}, "provider: there is no provider 'x'; known: "),
        ({"storyboard_provider": "https://evil.example.com/v1"}, "there is no provider"),
        ({"profile": "opnai"}, "--profile: there is no profile 'opnai'; did you mean 'openai'?"),
        ({"base_url": "http://localhost/v1", "profile": "x"}, "--profile: there is no profile"),
        ({"provider": "generic"}, "nobody says where the server of provider 'generic' is"),
        ({"base_url": "localhost:80/v1"}, "--base-url: the base URL is not an address"),
        ({"base_url": "http://[::1/v1"}, "--base-url: the base URL is not an address"),
        ({"base_url": "http://h:99999/v1"}, "--base-url: the base URL is not an address"),
        ({"base_url": "https://me:pw@h.example/v1"}, "has a user, a query or a fragment"),
        ({"base_url": "http://api.example.com/v1"}, "the API key would go to 'api.example.com'"),
    ],
)
def test_a_wrong_choice_is_one_line_that_says_where_it_was_made(
    said: dict[str, str], words: str
) -> None:
    """The option or variable is named; what may be a secret is not."""
    with pytest.raises(UsageError) as caught:
        _resolved(env=ENV, **said)
    assert words in str(caught.value)
    assert "pw" not in str(caught.value)


def test_clear_text_is_fine_where_there_is_no_key_to_read() -> None:
    """Plain http is refused for the key's sake alone."""
    assert _resolved(base_url="http://api.example.com/v1").base_url == "http://api.example.com/v1"


@pytest.mark.parametrize("key", ["a\nb", "a\x00b", "a b", "ключ", "a\x7f"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    """A key with a line break would smuggle a header."""
    with pytest.raises(UsageError, match="SORAPIPE_API_KEY") as caught:
        _resolved(env={"SORAPIPE_API_KEY": key}, provider="openai")
    assert key not in str(caught.value)


def test_a_provider_never_prints_its_key() -> None:
    """Not in a log, not in a traceback with locals."""
    found = _resolved(env={"SORAPIPE_API_KEY": KEY}, provider="openai")
    assert found.api_key.reveal() == KEY
    assert KEY not in repr(found) + str(found) + f"{found.api_key}"


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("192.168.0.1", True),
        ("100.64.0.1", True),
        ("169.254.169.254", True),
        ("0.0.0.0", True),
        ("::1", True),
        ("[fd00::1]", True),
        ("fe80::1%eth0", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("studio", True),
        ("box.local", True),
        ("LOCALHOST.", True),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("::ffff:8.8.8.8", False),
        ("api.openai.com", False),
        ("localhost.example.com", False),
    ],
)
def test_which_addresses_are_ones_own(host: str, private: bool) -> None:
    """Loopback, private, link-local and shared addresses, and names that never are public."""
    assert is_private(host) is private


def test_a_key_in_the_place_of_a_variables_name_is_not_shown(tmp_path: Path) -> None:
    """`key-env` takes a name; what is none may be the key itself."""
    path = tmp_path / "config.toml"
    path.write_text('[providers.farm]\nkey-env = "sk-very-secret-1234"\n')
    with pytest.raises(UsageError, match="not the name of a variable") as told:
        config_file.read(path, {})
    assert "sk-very" not in str(told.value)
