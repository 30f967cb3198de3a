"""Providers and profiles as a user meets them: shown, checked live, configured, and run against."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli import Desk
from tests.served import serving

KEY = "sk-of-the-studio-0123"
TINY = "seconds: 1, size: 64x36"
FAMILY = """
shots:
  - { id: dawn, prompt: A lighthouse at dawn, %s }
  - { id: storm, prompt: The same in a storm, remix-of: dawn%s }
"""


def desk(folder: Path, config: str = "", **environ: str) -> Desk:
    """A desk whose user has that config file."""
    found = Desk(folder, environ)
    place = folder / "config" / "sorapipe"
    place.mkdir(parents=True)
    (place / "config.toml").write_text(config, encoding="utf-8")
    return found


def providers(at: Desk, *words: str) -> subprocess.CompletedProcess[str]:
    """`sorapipe providers WORDS`."""
    command = [sys.executable, "-m", "sorapipe", "providers", *words]
    return subprocess.run(command, env=at.env, text=True, capture_output=True, check=False)


CONFIG = """
provider = "farm"
[providers.farm]
profile = "mine"
base-url = "https://farm.example.com/v1"
key-env = "FARM_KEY"
[providers.broken]
profile = "generic"
[profiles.mine]
like = "sglang"
about = "our GPU box"
[profiles.mine.models.wan]
prices = { any = 0.02 }
priced = 2026-11-01
[prices]
other = 0.5
"""


def test_the_overview_names_providers_profiles_and_the_default(tmp_path: Path) -> None:
    """A provider that can't be used is told beside the others, and no key is ever shown."""
    at = desk(tmp_path, CONFIG, FARM_KEY=KEY)
    shown = providers(at)
    assert shown.returncode == 0, shown.stderr
    assert "default: farm at https://farm.example.com/v1 (the default of " in shown.stdout
    assert "FARM_KEY is set" in shown.stdout
    assert "nobody says where the server of provider 'broken' is" in shown.stdout
    assert "our GPU box [" in shown.stdout
    data = json.loads(providers(at, "--json").stdout)
    assert data["default"]["name"] == "farm"
    assert {entry["name"] for entry in data["providers"]} == {"farm", "broken"}
    assert {"mine", "openai", "generic"} <= {entry["name"] for entry in data["profiles"]}
    assert KEY not in shown.stdout + json.dumps(data)


def test_one_provider_is_shown_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    """Address, key there or not, abilities, models, prices and their dates, own prices, sources."""
    at = desk(tmp_path, CONFIG)
    shown = providers(at, "farm").stdout
    for words in (
        "address: https://farm.example.com/v1",
        "key: FARM_KEY is not set",
        "can: create, delete, seed",
        "$0.02, of 2026-11-01",
        "your own prices a second: other $0.50",
        "SRC: the sglang Python package",
    ):
        assert words in shown
    data = json.loads(providers(at, "farm", "--json").stdout)
    assert data["key"] == {"from": "FARM_KEY", "present": False}
    assert data["profile"]["models"]["wan"]["priced"] == "2026-11-01"
    assert data["profile"]["models"]["wan"]["prices"] == {"any": 0.02}


def test_a_profile_that_nobody_has_an_address_for_is_shown_all_the_same(tmp_path: Path) -> None:
    """Looking costs nothing and needs no server."""
    shown = providers(desk(tmp_path), "generic")
    assert shown.returncode == 0
    assert "address: not said" in shown.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["opnai"], "there is no provider 'opnai'; did you mean 'openai'?"),
        (["openai", "local"], "'local' is one word too many"),
        (["openai", "--provider", "local"], "are two; name one"),
        (["check", "generic"], "nobody says where the server of provider 'generic' is"),
    ],
)
def test_what_is_not_there_is_one_line(tmp_path: Path, words: list[str], told: str) -> None:
    """Exit 2, before anybody is asked."""
    ran = providers(desk(tmp_path), *words)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_check_asks_a_live_server_and_nothing_that_could_cost(tmp_path: Path) -> None:
    """Reached, key accepted, what it has; no video is there afterwards that was not before."""
    at = desk(tmp_path, SORAPIPE_API_KEY=KEY)
    with serving("--profile", "openai", token=KEY) as url:
        found = providers(at, "check", "--base-url", url, "--profile", "openai", "--json")
        assert found.returncode == 0, found.stderr
        data = json.loads(found.stdout)
        assert (data["reachable"], data["key"], data["differences"]) == (True, "accepted", [])
        assert data["abilities"]["remix"]
        assert [probe["asked"].split()[0] for probe in data["probes"]] == [
            "GET",
            "GET",
            "OPTIONS",
            "GET",
            "GET",
        ]
        assert KEY not in found.stdout
        strange = providers(at, "check", "--base-url", url, "--profile", "new-api")
        assert strange.returncode == 0
        assert "differs: the server has edit, the profile has not" in strange.stdout


def test_a_check_tells_a_refused_key_from_a_server_that_is_not_there(tmp_path: Path) -> None:
    """7 and 1, as every command means them."""
    at = desk(tmp_path, SORAPIPE_API_KEY="another-key-4567")
    with serving(token=KEY) as url:
        refused = providers(at, "check", "--base-url", url)
        assert refused.returncode == 7
        assert "refused" in refused.stdout
        assert "another-key-4567" not in refused.stdout
    gone = providers(at, "check", "--base-url", url)
    assert gone.returncode == 1
    assert "not reached" in gone.stdout
    assert providers(at, "check", "local").returncode == 0


@pytest.mark.parametrize("name", ["sglang", "litellm", "new-api", "azure"])
def test_a_check_recognises_the_kind_of_server(tmp_path: Path, name: str) -> None:
    """Spoken to as any other, it is told what it looks like."""
    with serving("--profile", name) as url:
        found = json.loads(providers(desk(tmp_path), "check", "--base-url", url, "--json").stdout)
    assert found["likely"] == [name]
    assert f"it looks like {name}, and is spoken to as generic" in found["differences"]


LACKING = "[profiles.local]\nremix = false\n"


def test_a_need_fails_validate_and_plan_at_its_place_with_what_would_work(tmp_path: Path) -> None:
    """Both say the shot's line, who can, and the fallbacks that this server can do."""
    at = desk(tmp_path, LACKING)
    at.write(FAMILY % (TINY, ""))
    for command in ("validate", "plan", "run"):
        ran = at.run(command)
        assert ran.returncode == 2
        assert ":4:" in ran.stderr
        assert "'local' cannot remix (shot 'storm'); choose a provider that can (" in ran.stderr
        assert "or say 'fallback: edit or reference'" in ran.stderr
    assert not at.out.exists()


def test_a_storyboard_is_validated_for_a_server_that_nobody_has_yet(tmp_path: Path) -> None:
    """Whether it would work there needs no address; a run does."""
    at = desk(tmp_path)
    at.write(FAMILY % (TINY, ", fallback: reference"))
    assert at.run("validate", "--profile", "sglang").returncode == 0
    assert "nobody says where the server" in at.run("plan", "--profile", "sglang").stderr


@pytest.mark.parametrize(
    ("fallback", "config", "operation"),
    [
        ("edit", LACKING, "edit"),
        ("reference", LACKING, "create"),
        ("reference", LACKING + "edit = false\n", "create"),
    ],
)
def test_a_fallback_runs_to_its_end(
    tmp_path: Path, fallback: str, config: str, operation: str
) -> None:
    """A remix becomes an edit, or a video from its parent's last frame; then nothing is left."""
    at = desk(tmp_path, config)
    at.write(FAMILY % (TINY, f", fallback: {fallback}"))
    ran = at.run("run")
    assert ran.returncode == 0, ran.stderr
    assert (at.out / "storm.mp4").stat().st_size > 1000
    intents = {event["take"]: event for event in at.events("intent")}
    assert intents["storm@1"]["request"]["operation"] == operation
    source = intents["storm@1"]["source"]
    assert source["kind"] == ("video" if operation == "edit" else "frame")
    assert source.get("frame") == (None if operation == "edit" else "last")
    again = at.run("run")
    assert again.returncode == 0
    assert len(at.events("intent")) == 2


@pytest.mark.parametrize("name", ["vllm-omni", "sglang", "openrouter"])
def test_a_fallback_runs_where_no_server_remixes(tmp_path: Path, name: str) -> None:
    """The parent's last frame goes in each dialect's own form, over a real socket."""
    at = desk(tmp_path, "[prices]\nsora-2 = 0\n'google/veo-3.1' = 0\n")
    model = ", model: google/veo-3.1" if name == "openrouter" else ""
    at.write(FAMILY % (TINY + model, ", fallback: reference"))
    with serving("--profile", name) as url:
        env = {"SORAPIPE_BASE_URL": url, "SORAPIPE_PROFILE": name, "SORAPIPE_POLL_INTERVAL": "0.05"}
        ran = Desk(tmp_path, env).run("run", "--yes")
    assert ran.returncode == 0, ran.stderr
    assert (at.out / "storm.mp4").stat().st_size > 1000


def test_a_lost_create_that_a_list_tells_too_little_of_is_left_to_its_owner(tmp_path: Path) -> None:
    """SGLang lists no prompts: the one video that fits may be another user's, and is only told."""
    at = desk(tmp_path, "")
    at.write(f"shots:\n  - {{ id: dawn, prompt: a wave, {TINY} }}\n")
    with serving("--profile", "sglang", "--fault", "lost-reply@create") as url:
        env = {"SORAPIPE_BASE_URL": url, "SORAPIPE_PROFILE": "sglang"}
        quick = {"SORAPIPE_POLL_INTERVAL": "0.05", "SORAPIPE_SETTLE_TIMEOUT": "1"}
        at = Desk(tmp_path, env | quick)
        ran = at.run("run")
        assert ran.returncode == 3, ran.stderr
        told = re.search(r"may be ([0-9a-f-]{36}): its list does not tell enough", ran.stderr)
        assert told is not None, ran.stderr
        assert re.search(r"sorapipe resolve .* dawn@1 .*--adopt ID", ran.stderr), ran.stderr
        assert at.run("resolve", "dawn@1", "--adopt", told[1]).returncode == 0
        assert at.run("run").returncode == 0
    assert len(at.events("intent")) == 1


def test_a_plan_tells_each_price_and_its_date(tmp_path: Path) -> None:
    """By take, by model, in sum; one's own price has no date, and an unknown one is named."""
    at = desk(
        tmp_path,
        "[prices]\nmine = 0.5\n[profiles.openai.models.mine]\n[profiles.openai.models.wild]\n",
    )
    at.write(
        "provider: openai\nshots:\n"
        "  - { id: a, prompt: a, takes: 2 }\n"
        "  - { id: b, prompt: b, model: mine }\n"
        "  - { id: c, prompt: c, model: wild }\n"
    )
    shown = at.run("plan")
    assert (
        "price: $0.10 a second of sora-2 at 1280x720 (the profile, of 2026-09-30)" in shown.stdout
    )
    assert "price: $0.50 a second of mine at 1280x720 (your config)" in shown.stdout
    assert "at most $2.80, and what 1 of unknown price cost (c@1;" in shown.stdout
    data: dict[str, Any] = json.loads(at.run("plan", "--json").stdout)
    rows = {row["take"]: (row["price"], row["price_from"], row["priced"]) for row in data["takes"]}
    assert rows == {
        "a@1": (0.4, "profile", "2026-09-30"),
        "a@2": (0.4, "profile", "2026-09-30"),
        "b@1": (2.0, "config", None),
        "c@1": (None, None, None),
    }
    said = json.loads(at.run("plan", "--json", "--price", "sora-2=1").stdout)
    assert said["takes"][0]["price_from"] == "--price"


def test_a_profile_bounds_the_requests_of_a_minute(tmp_path: Path) -> None:
    """However many slots are free, creates go out no faster than the server is said to take."""
    at = desk(tmp_path, "[profiles.local]\nrequests-per-minute = 150\n")
    at.write("shots:\n" + "".join(f"  - {{ id: s{n}, prompt: p{n}, {TINY} }}\n" for n in range(4)))
    ran = at.run("run")
    assert ran.returncode == 0, ran.stderr
    walls = sorted(event["wall"] for event in at.events("intent"))
    assert len(walls) == 4
    assert walls[-1] - walls[0] >= 3 * 60 / 150 - 0.1
