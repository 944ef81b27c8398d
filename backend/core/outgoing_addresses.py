"""Where requests to URLs that people give may go: public addresses, and allowed networks."""

from collections.abc import Iterable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
"""What is behind it is reached by IPv4."""


class OutgoingAddresses:
    """
    Attributes:
        networks: what may be reached although it is private.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Raises ValueError: one is no network, such as 10.1.0.0/16."""
        self.networks: tuple[Network, ...] = tuple(ip_network(each) for each in networks)

    def allow(self, text: str) -> bool:
        """Whether an address, as text, is public or of an allowed network."""
        address = ip_address(text.partition("%")[0])
        return self.are_internal(text) or all(_is_public(each) for each in _meant(address))

    def are_internal(self, text: str) -> bool:
        """Whether an address is of an allowed network."""
        address = ip_address(text.partition("%")[0])
        return any(address in network for network in self.networks)

    def allow_host(self, host: str) -> bool:
        """Whether a host may be an allowed one. Of a name only the address can tell."""
        bare = host.strip("[]")
        try:
            return self.allow(bare)
        except ValueError:
            is_local = bare.rstrip(".").lower() in {"localhost", "localhost.localdomain"}
            return not is_local or bool(self.networks)


def _meant(address: Address) -> Iterator[Address]:
    """Yield the addresses that an address leads to, by a translation or as it is."""
    if isinstance(address, IPv4Address):
        yield address
    elif address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    else:
        yield address
        yield from filter(None, (address.sixtofour, *(address.teredo or ())))


def _is_public(address: Address) -> bool:
    is_local = isinstance(address, IPv6Address) and address.is_site_local
    is_special = address.is_multicast or address.is_reserved or is_local
    return address.is_global and not is_special
