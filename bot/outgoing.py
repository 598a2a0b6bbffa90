"""Where our requests may go: never into the network we run in, whatever address a tenant has typed in.

The check is made on the numeric address of each connection, after the name was resolved and before a packet leaves: a
name that changes its mind between check and use, decimal or hexadecimal spellings, and redirects all end here. What is
refused looks to a connector like a host that is down.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

import aiohttp

from bot.teams.service_urls import is_loopback

# Connections to one host at once. Not of all together: a CRM that is dead would use them up, and cards wait for it.
PER_HOST = 100

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Public by the registries' books and yet inside: Azure's platform address, which hands out certificates and settings.
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
# And a block for protocols, in part counted as public, where Oracle's cloud keeps its metadata (192.0.0.192).
_INSIDE = (ipaddress.ip_network("168.63.129.16/32"), ipaddress.ip_network("192.0.0.0/24"))
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that is given out of IPv6 (RFC 4291)
# NAT64 (RFC 6052): the last four bytes are an IPv4 address that the network translates to.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

# Where no web server is: what browsers refuse (https://fetch.spec.whatwg.org/#port-blocking, the high ones), and what
# databases and remote desktops listen on.
_OTHER_PORTS = frozenset({1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080})
_OTHER_PORTS |= {*range(6665, 6670), 1433, 1521, 3306, 3389, 5432, 5900, 6379, 9200, 11211, 27017}
_WELL_KNOWN = 1024  # below it only that of https


class AddressRefused(OSError):
    """The address is not out in the world, or not a web server's. Says nothing about it: the text may reach a log."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "address not allowed")


def is_outside(text: str, *, allow_loopback: bool = False) -> bool:
    """Whether a numeric address is a public one: not private, shared, link-local (cloud metadata), loopback, multicast
    or reserved, in any of the forms in which IPv6 carries IPv4. ``allow_loopback`` is for simulators and tests."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_outside(each, allow_loopback=allow_loopback) for each in _meanings(address))


def is_for_web(port: int) -> bool:
    """Whether a web server may be at this port of a public address."""
    return port == 443 or (port >= _WELL_KNOWN and port not in _OTHER_PORTS)


def open_connector(*, allow_loopback: bool, per_host: int = PER_HOST) -> aiohttp.TCPConnector:
    """The connector of every HTTP session of the service's. ``per_host`` 0: as many as are asked for."""

    def open_socket(found: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, target = found
        host, port = str(target[0]), int(target[1])
        if not is_outside(host, allow_loopback=allow_loopback) or not (is_for_web(port) or is_loopback(host)):
            raise AddressRefused
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(limit=0, limit_per_host=per_host, socket_factory=open_socket)


def _is_outside(address: Address, *, allow_loopback: bool) -> bool:
    if address.is_loopback:
        return allow_loopback
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    odd = address.is_multicast or address.is_reserved or any(address in network for network in _INSIDE)
    return address.is_global and not odd


def _meanings(address: Address) -> Sequence[Address]:
    """The addresses a packet to this one may end at."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    inner: list[Address] = [address]
    if address.sixtofour is not None:
        inner.append(address.sixtofour)
    if address.teredo is not None:
        inner += address.teredo
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner.remove(address)
    return inner
