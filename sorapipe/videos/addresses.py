"""Which addresses are of this machine or of a private network, judged without asking anyone."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

_PRIVATE_NAMES = ("localhost", "local", "internal", "lan", "home.arpa", "test")


def is_private(host: str) -> bool:
    """Whether a host (a name or an IP address) is on loopback or on a private network.

    Names are judged by their form alone: one label (`studio`), or under a domain that never is
    public. What a public-looking name resolves to is seen when it is connected to.
    """
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        name = host.rstrip(".").lower()
        return "." not in name or any(name.endswith("." + last) for last in _PRIVATE_NAMES)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return not address.ipv4_mapped.is_global
    return not address.is_global
