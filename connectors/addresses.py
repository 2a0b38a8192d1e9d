"""Where an outgoing connection may go: the guard against being talked into calling our own network (ASVS 1.3.6).

The name is looked up once, every answer is judged, and the connection goes to the very address that was judged; a
second answer of the name server (rebinding) is never asked for.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.poolmanager import PoolManager

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_INTERNAL = tuple(map(ipaddress.ip_network, ("100.64.0.0/10", "64:ff9b:1::/48", "fec0::/10")))
"""Addresses of one's own that not every Python calls private: of carriers and overlay networks (RFC 6598), for
translation to any IPv4 address (RFC 8215), and of sites (RFC 3879)."""


class ForbiddenAddressError(OSError):
    """A name leads to an address that this connector may not call."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, in the order in which the system would try them.  Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def judge(text: str, *, allow_private: bool) -> None:
    """Raises ForbiddenAddressError unless the address is public, or private or loopback where that is allowed.

    Link-local addresses (the metadata services of clouds), multicast and unspecified ones are never allowed.
    """
    address = _innermost(ipaddress.ip_address(text.partition("%")[0]))
    internal = address.is_private or address.is_loopback or any(address in network for network in _INTERNAL)
    never = address.is_link_local or address.is_multicast or address.is_unspecified
    if never or not (allow_private if internal else address.is_global):
        raise ForbiddenAddressError(f"{address} is not a public address")


def _innermost(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address


class Exchange:
    """One request under way: the socket it uses, and why it was stopped, if it was."""

    def __init__(self) -> None:
        self.over = False
        self.forbidden: ForbiddenAddressError | None = None
        self.line: socket.socket | None = None

    def cut(self) -> None:
        """The time is over: end whatever waits on the socket, in its thread or out of it."""
        self.over = True
        if self.line is not None:
            with suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)


class GuardedAdapter(HTTPAdapter):
    """The transport of a session: judged addresses only, no retries, and an end to every exchange."""

    def __init__(self, *, allow_private: bool, resolver: Resolver = resolve) -> None:
        self._allow_private = allow_private
        self._resolver = resolver
        self._thread = threading.local()
        super().__init__(pool_connections=2, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        self.poolmanager = PoolManager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("GuardedPool", (HTTPConnectionPool,), {"ConnectionCls": _guarded(HTTPConnection, self)}),
            "https": type("GuardedTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": _guarded(HTTPSConnection, self)}),
        }

    @contextmanager
    def exchange(self, seconds: float) -> Iterator[Exchange]:
        """Cut what this thread exchanges inside when the time is over.

        Time-outs of a socket start again with every byte, so a trickling peer could hold a lane for days.
        """
        exchange = self._thread.exchange = Exchange()
        timer = threading.Timer(seconds, exchange.cut)
        timer.daemon = True
        timer.start()
        try:
            yield exchange
        finally:
            timer.cancel()
            del self._thread.exchange

    @property
    def current(self) -> Exchange:
        """The exchange of this thread."""
        running: Exchange = self._thread.exchange
        return running

    def connect(self, host: str, port: int, timeout: Any) -> socket.socket:
        """A connection to the first judged address that answers.  Raises OSError."""
        addresses = self._resolver(host, port)
        for address in addresses:
            judge(address, allow_private=self._allow_private)
        refusal = OSError("the name has no address")
        for address in addresses:
            try:
                return socket.create_connection((address, port), timeout)
            except OSError as error:
                refusal = error
        raise refusal


def _guarded(connection_class: Any, adapter: GuardedAdapter) -> Any:
    """The connection class of urllib3, told where it may go; it keeps a second handle on its socket to be cut by."""

    class Guarded(connection_class):  # type: ignore[misc] # the class is a value here
        _line: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            try:
                sock = adapter.connect(self.host.strip("[]"), self.port, self.timeout)
            except OSError as error:
                if isinstance(error, ForbiddenAddressError):
                    adapter.current.forbidden = error
                raise NewConnectionError(self, str(error)) from error
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line = adapter.current.line = sock.dup()
            return sock

        def request(self, *args: Any, **kwargs: Any) -> Any:
            adapter.current.line = self._line
            return super().request(*args, **kwargs)

        def close(self) -> None:
            super().close()
            if self._line is not None:
                self._line.close()
                self._line = None

    return Guarded
