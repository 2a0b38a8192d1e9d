"""Whose word is taken for where a request comes from: that of reverse proxies the configuration names, and nobody else's.

Each proxy adds to the right end of `X-Forwarded-For` the address it was asked from.  So the list is read from there, as
far as it names trusted proxies; the address before them is the client's, and what stands left of it anybody may have sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

RELAYED: Final = "prowess.relayed"
"""Key of the environment of a request that somebody passed on whose word is not taken: its address is not the client's."""
Network: TypeAlias = IPv4Network | IPv6Network
Headers: TypeAlias = Sequence[tuple[str, str]]
"""Names in lower case, in the order sent."""

_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5}", re.ASCII)
"""Some proxies write the client's port as well."""
_SCHEMES: Final = frozenset({"http", "https"})


class Proxies:
    """The proxies that are believed, none by default."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)

    def caller(self, peer: str, scheme: str, headers: Headers) -> tuple[str, str]:
        """The address a request comes from and the scheme it was made with, where our side of the connection sees `peer`
        and `scheme`; those two where the peer is no trusted proxy, and where what it says cannot be read.
        """
        if not self._networks or not is_within(peer, self._networks):
            return peer, scheme
        hops = [hop for name, value in headers if name == "x-forwarded-for" for hop in value.split(",")]
        schemes = [one for name, value in headers if name == "x-forwarded-proto" for one in value.split(",")]
        said = schemes[-1].strip().lower() if schemes else scheme
        return self._first(hops) or peer, said if said in _SCHEMES else scheme

    def _first(self, hops: Sequence[str]) -> str | None:
        """The first address of the way that trusted proxies vouch for; None without a way, or when they wrote none."""
        address = None
        for hop in reversed(hops):
            address = _hop(hop.strip())
            if not self._trusts(address):
                break
        return str(address) if address is not None else None

    def _trusts(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of these networks; no text that is none."""
    found = _address(address)
    return found is not None and any(found in network for network in networks)


def _hop(text: str) -> IPv4Address | IPv6Address | None:
    match = _WITH_PORT.fullmatch(text)
    text = (match[1] or match[2] or "") if match else text
    return None if "%" in text else _address(text)  # a zone means nothing here, and may be any text


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """None of what is no address; an IPv4 address that is written in IPv6 is itself."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
