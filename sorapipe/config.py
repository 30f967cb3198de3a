"""Which server a run talks to, and with what key.

The command line comes before the environment, that before the storyboard, that before the user's
file, and the studio is what is left. Addresses and keys never come out of a storyboard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sorapipe import config_file
from sorapipe.config_file import ConfigFile, Limits
from sorapipe.errors import UsageError
from sorapipe.videos.addresses import is_private
from sorapipe.videos.profile import LIKE, Profile, load, names, nearest
from sorapipe.videos.secret import NO_SECRET, Secret, checked

CONCURRENCY = 8  # renders in flight where neither the user nor the profile says
_KEY = "SORAPIPE_API_KEY"
_LONGEST_KEY = 1 << 14  # bytes of a key file; what is longer is another file


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A configured server. `base_url` is None for the studio in process.

    `name` is what fingerprints and locks remember; `why` says who chose it; `key_from` is where its
    key is looked for; `prices` are the user's own, in USD a second by model. `concurrency` is
    renders in flight, `requests_per_minute` how many may be asked for, None where nobody says.
    """

    name: str
    profile: Profile
    base_url: str | None = None
    api_key: Secret = NO_SECRET
    key_from: str = ""
    why: str = ""
    concurrency: int = CONCURRENCY
    requests_per_minute: int | None = None
    limits: Limits = field(default_factory=Limits)
    prices: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """Who was chosen, before the details are looked up; `where` is what an error names.

    `entry` tells whether the config's entry of that name may be used: one that was chosen by an
    address alone must not be sent the key that belongs to another.
    """

    name: str
    where: str
    why: str
    base_url: str | None = None
    profile: str | None = None
    profile_where: str = "--profile"
    entry: bool = True


def resolve(
    *,
    provider: str | None = None,
    base_url: str | None = None,
    profile: str | None = None,
    storyboard_provider: str | None = None,
    config_path: Path | None = None,
    environ: Mapping[str, str],
    to_talk: bool = True,
) -> Provider:
    """The server to talk to; the first three come from the command line.

    With `to_talk=False` it is only looked at: then nobody needs to say where it is.

    Raises UsageError for names that nobody knows, values that can't be, and a key that would travel
    in clear text over a public network.
    """
    file = config_file.read(config_path, environ)
    choice = _chosen(provider, base_url, profile, environ) or _fallback(storyboard_provider, file)
    entry = file.providers.get(choice.name, {}) if choice.entry else {}
    spoken = _profile(choice, entry, file)
    address = choice.base_url or entry.get("base-url") or spoken.base_url
    if address is None and spoken.name != "local" and to_talk:
        what = f"nobody says where the server of provider '{choice.name}' is"
        fix = "say it with --base-url, or base-url in the config file"
        raise UsageError(choice.where, what, fix)
    in_process = address is None and spoken.name == "local"
    key = NO_SECRET if in_process else _key(choice.name, entry, file, environ)
    return Provider(
        name=choice.name,
        profile=spoken,
        base_url=None if address is None else _address(address, choice.where, key),
        api_key=key,
        key_from="key-file" if "key-file" in entry else entry.get("key-env", _KEY),
        why=choice.why,
        concurrency=entry.get("concurrency")
        or (spoken.concurrency or CONCURRENCY) + spoken.queue_depth,
        requests_per_minute=entry.get("requests-per-minute") or spoken.requests_per_minute,
        limits=config_file.limits(file, environ),
        prices=file.prices,
    )


def _chosen(
    provider: str | None, base_url: str | None, profile: str | None, environ: Mapping[str, str]
) -> _Choice | None:
    """What the command line and the environment say, if they say anything."""
    if provider:
        # Named outright: what the environment says of an address is about some other server.
        return _Choice(
            name=provider,
            where="--provider",
            why="chosen by --provider",
            base_url=base_url,
            profile=profile,
        )
    kind, kind_where = _first(profile, "--profile", environ, "SORAPIPE_PROFILE")
    place, place_where = _first(base_url, "--base-url", environ, "SORAPIPE_BASE_URL")
    if place is not None:
        return _Choice(
            name=kind or LIKE,
            where=place_where,
            why=f"chosen by {place_where}",
            base_url=place,
            profile=kind or LIKE,
            profile_where=kind_where,
            entry=False,
        )
    if kind is not None:
        return _Choice(
            name=kind,
            where=kind_where,
            why=f"chosen by {kind_where}",
            profile=kind,
            profile_where=kind_where,
        )
    return None


def _fallback(storyboard_provider: str | None, file: ConfigFile) -> _Choice:
    """What the storyboard names, else the config file, else the studio."""
    if storyboard_provider:
        return _Choice(name=storyboard_provider, where="provider", why="named by the storyboard")
    if file.default is not None:
        why = f"the default of {file.where}"
        return _Choice(name=file.default, where=f"{file.where}: provider", why=why)
    return _Choice(
        name="local", where="provider", why="the built-in studio: nothing else is chosen"
    )


def _first(
    option: str | None, flag: str, environ: Mapping[str, str], variable: str
) -> tuple[str | None, str]:
    if option:
        return option, flag
    return environ.get(variable) or None, variable


def _profile(choice: _Choice, entry: Mapping[str, Any], file: ConfigFile) -> Profile:
    """The profile that was said, else the entry's, else the one called like the provider."""
    configured, known = choice.entry and choice.name in file.providers, profiles(file)
    if not configured and choice.name != choice.profile and choice.name not in known:
        advice = nearest(choice.name, {*file.providers, *known})
        raise UsageError(choice.where, f"there is no provider '{choice.name}'", advice)
    if choice.profile is not None:
        name, where = choice.profile, choice.profile_where
    elif "profile" in entry:
        name, where = entry["profile"], f"{file.where}: providers.{choice.name}.profile"
    else:
        name, where = choice.name if choice.name in known else LIKE, choice.where
    if name not in known:
        raise UsageError(where, f"there is no profile '{name}'", nearest(name, known))
    return file.profiles.get(name) or load(name)


def profiles(file: ConfigFile) -> tuple[str, ...]:
    """The names of all profiles, the user's own among them, in order."""
    return tuple(sorted({*names(), *file.profiles}))


def _key(
    name: str, entry: Mapping[str, Any], file: ConfigFile, environ: Mapping[str, str]
) -> Secret:
    """The provider's own key, else SORAPIPE_API_KEY. One that isn't set is empty.

    That is no error here: where nothing has to be rendered, nobody asks for it.
    """
    variable = entry.get("key-env", _KEY)
    if "key-file" not in entry:
        return checked(environ.get(variable, "").strip(" "), variable)
    where = f"{file.where}: providers.{name}.key-file"
    path = Path(entry["key-file"])
    if path.parts and path.parts[0] == "~" and environ.get("HOME"):
        path = Path(environ["HOME"], *path.parts[1:])
    if file.path is not None:
        path = file.path.parent / path
    try:
        with path.open("rb") as opened:
            content = opened.read(_LONGEST_KEY + 1)
    except OSError as error:
        raise UsageError(
            where, f"'{path}': {error.strerror}", "a file with the bare key"
        ) from error
    if len(content) > _LONGEST_KEY:
        raise UsageError(where, f"'{path}' is too long for a key", "a file with the bare key")
    return checked(content.decode("utf-8", "replace").strip(), where)


def _address(text: str, where: str, key: Secret) -> str:
    """The base URL without its last slash. What is wrong with it is told without showing it."""
    fix = "https://HOST/v1"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(where, "the base URL is not an address", fix) from error
    if parts.scheme not in {"http", "https"} or not host or any(map(str.isspace, text)):
        raise UsageError(where, "the base URL is not an address of http or https", fix)
    if parts.username or parts.password or parts.query or parts.fragment:
        what = "the base URL has a user, a query or a fragment"
        raise UsageError(where, what, "the bare address; the key goes into SORAPIPE_API_KEY")
    if parts.scheme == "http" and key and not is_private(host):
        what = f"the API key would go to '{host}' in clear text, for all to read"
        raise UsageError(where, what, "an address with https")
    return text.rstrip("/")
