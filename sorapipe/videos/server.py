"""Which server a client speaks to, where its maker leaves something to the environment."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from sorapipe.errors import UsageError
from sorapipe.videos.addresses import is_private
from sorapipe.videos.profile import Profile, load
from sorapipe.videos.secret import Secret, checked

ADDRESS, KEY, PROFILE = "SORAPIPE_BASE_URL", "SORAPIPE_API_KEY", "SORAPIPE_PROFILE"


def server(
    base_url: str | None, api_key: Secret | str | None, profile: Profile | str | None
) -> tuple[str, Secret, Profile]:
    """Address, key and profile; what is None comes from the environment, then from the profile.

    Raises UsageError where there is no address, and for a key that would travel in clear text over
    a public network.
    """
    spoken = profile or os.environ.get(PROFILE) or "generic"
    known = load(spoken) if isinstance(spoken, str) else spoken
    address = base_url or os.environ.get(ADDRESS) or known.base_url
    if address is None:
        raise UsageError(
            "base URL", "nobody says where the server is", f"give it, or set {ADDRESS}"
        )
    key = os.environ.get(KEY, "").strip(" ") if api_key is None else api_key
    secret = key if isinstance(key, Secret) else checked(key, "API key")
    if secret and address.lower().startswith("http:") and not is_private(_host(address)):
        what = "the API key would go out in clear text, for all to read"
        raise UsageError("base URL", what, "an address with https")
    return address, secret, known


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError as error:
        raise UsageError("base URL", "it is not an address", "https://HOST/v1") from error
