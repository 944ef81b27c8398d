"""Connections to addresses that were checked, and to no others.

A name is resolved once, and connected to as it was checked: asked again, it could lead elsewhere.
"""

from collections.abc import Iterable
from typing import Any

from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from backend.core.outgoing_addresses import OutgoingAddresses
from backend.integrations.webhooks.name_lookups import NameLookups


class RefusedAddressError(Exception):
    """A host has an address that may not be reached."""


class GuardedBackend(AsyncNetworkBackend):
    """Connects only to hosts all of whose addresses are allowed."""

    def __init__(
        self, addresses: OutgoingAddresses, lookups: NameLookups, *, only_internal: bool
    ) -> None:
        """With `only_internal`, public addresses are refused, too."""
        self._allow = addresses.are_internal if only_internal else addresses.allow
        self._lookups = lookups
        self._backend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # as the library has it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Raises RefusedAddressError, or ConnectError if none of its addresses answers."""
        failure = ConnectError(f"{host} has no address")
        for address in await self._checked(host, port):
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except ConnectError as error:
                failure = error
        raise failure

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = await self._lookups.find(host, port)
        except OSError as error:
            raise ConnectError(f"{host} can't be resolved: {error.strerror}") from error
        except UnicodeError as error:
            raise ConnectError(f"{host} is no name of a host") from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        refused = [each for each in addresses if not self._allow(each)]
        if refused:
            raise RefusedAddressError(
                f"{host} leads to {', '.join(refused)}, which webhooks may not reach this way."
            )
        return addresses
