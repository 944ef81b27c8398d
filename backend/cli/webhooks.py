"""`mvp webhooks`: shows what webhooks would be told."""

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing, suppress
from typing import Annotated

import typer
from pydantic_core import from_json, to_json

from backend.cli.runtime import console, running_database, with_units_of_work
from backend.core.config import ConfigurationError, WebhookSettings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.core.webhook_signatures import new_webhook_secret, signed_headers
from backend.integrations.webhooks.http_poster import HttpPoster
from backend.models.platform.fields import as_requested
from backend.models.platform.mixins import now
from backend.models.webhooks.deliveries import WebhookMessage
from backend.services.webhooks.listening import WebhookFeed, known_types
from backend.services.webhooks.protocols import NotReachedError

_LOOPBACK = ["127.0.0.0/8", "::1/128"]

app = typer.Typer(name="webhooks", help="Develop receivers of webhooks.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, although it has one command."""


@app.command()
def listen(
    event_type: Annotated[
        list[str] | None, typer.Option("--type", help="Only these, such as task.created.")
    ] = None,
    forward: Annotated[
        str | None, typer.Option(help="Send it to this address of this machine, too, signed.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
) -> None:
    """Print what webhooks would be told from now on, whether there are any or not."""
    try:
        types = known_types(event_type or [])
    except ValueError as error:
        raise ConfigurationError(f"--type: {error}") from None
    forwarder = _forwarder(forward) if forward is not None else None
    with running_database() as settings, suppress(KeyboardInterrupt):
        with_units_of_work(settings, lambda uow: _show(WebhookFeed(uow), types, forwarder, limit))


def _forwarder(address: str) -> "Forwarder":
    """Raises ConfigurationError: this is no address."""
    try:
        return Forwarder(as_requested(address))
    except ValueError:
        raise ConfigurationError(
            "--forward: must be an address such as http://127.0.0.1:3000/hook"
        ) from None


async def _show(
    feed: WebhookFeed, types: Collection[str], forwarder: "Forwarder | None", limit: int | None
) -> None:
    console.print("Waiting for events; Ctrl-C ends it.")
    if forwarder is not None:
        console.print(f"The secret of this run: {forwarder.secret}", soft_wrap=True)
    async with aclosing(feed.coming(types)) as coming:
        async for number, message in _numbered(coming):
            console.print(f"\nwebhook-id: {message.id}")
            console.print(to_json(from_json(message.body), indent=2).decode(), soft_wrap=True)
            if forwarder is not None:
                console.print(await forwarder.send(message), soft_wrap=True)
            if number == limit:
                return


async def _numbered(
    coming: AsyncIterator[WebhookMessage],
) -> AsyncIterator[tuple[int, WebhookMessage]]:
    number = 0
    async for message in coming:
        number += 1
        yield number, message


class Forwarder:
    """Sends to a receiver on this machine, signed with a secret of its own."""

    def __init__(self, url: str) -> None:
        self.secret = new_webhook_secret()
        self._url = url
        settings = WebhookSettings(allowed_networks=_LOOPBACK)
        self._poster = HttpPoster(settings, OutgoingAddresses(_LOOPBACK))

    async def send(self, message: WebhookMessage) -> str:
        """Return what came of it, in words."""
        headers = signed_headers(str(message.id), now(), message.body, [self.secret])
        try:
            answer = await self._poster.post(self._url, headers, message.body)
        except NotReachedError as error:
            return f"not forwarded: {error}"
        return f"forwarded: it answered {answer.status}"
