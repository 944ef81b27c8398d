"""Which requests count as coming from one client."""

from ipaddress import IPv6Address, ip_address, ip_network


def network_of(address: str | None) -> str:
    """The address, or the /64 network of an IPv6 address: one client has all of it."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def known_address(address: str | None) -> str | None:
    """Return the address, or None if it is not one: behind a proxy it comes from a header."""
    try:
        return str(ip_address(address or ""))
    except ValueError:
        return None
