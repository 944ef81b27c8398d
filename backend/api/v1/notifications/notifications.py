"""Your notifications."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import Header, Path, Query
from fastapi.sse import EventSourceResponse

from backend.api.deps import CallerDep, PersonDep
from backend.api.event_streams import event_of
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.notifications.notifications import (
    Delivery,
    Notification,
    NotificationKind,
    NotificationPage,
    NotificationPublic,
    NotificationQuery,
    PreferencePublic,
    Preferences,
    PreferencesPublic,
    ReadAll,
)
from backend.services.notifications.notifications import NotificationService
from backend.services.notifications.stream import NotificationWatch

router = ResourceRouter(prefix="/notifications", tags=["notifications"], route_class=CheckedRoute)

LastEventId = Annotated[
    UUID | None,
    Header(
        alias="Last-Event-ID",
        description="The `id` of the last event that you received: later ones are sent.",
    ),
]
NotificationId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11"])]


@router.get("")
async def list_notifications(
    query: Annotated[NotificationQuery, Query()],
    by: CallerDep,
    notifications: Injected[NotificationService],
) -> NotificationPage:
    """Your notifications, and how many are unread."""
    page, unread = await notifications.page(query, by)
    return NotificationPage.model_validate({**dict(page), "unread": unread}, from_attributes=True)


@router.get("/stream", response_class=EventSourceResponse)
async def follow_notifications(
    by: CallerDep, watch: Injected[NotificationWatch], last_event_id: LastEventId = None
) -> AsyncIterator[NotificationPublic]:
    """Your notifications by server-sent events, as they arrive.

    The `id` of each event is that of the notification. The stream ends when your session ends or
    the server stops: reconnect with `Last-Event-ID`, and you miss none. A browser's `EventSource`
    can't send the access token: use `fetch`. Lines that begin with a colon only keep the connection
    alive.

    Swagger UI shows a stream only after its end; `curl -N` shows it as it arrives.
    """
    async with aclosing(watch.coming(by, last_event_id)) as coming:
        async for each in coming:
            public = NotificationPublic.model_validate(each, from_attributes=True)
            yield event_of(public, each.id)  # type: ignore[misc]  # documented by what is in it


@router.post("/read-all")
async def read_all_notifications(
    by: CallerDep, notifications: Injected[NotificationService]
) -> ReadAll:
    """Mark all your notifications as read."""
    return ReadAll(read=await notifications.mark_all_read(by))


@router.get("/preferences")
async def read_preferences(
    by: CallerDep, notifications: Injected[NotificationService]
) -> PreferencesPublic:
    """Where your notifications go, by kind."""
    return _public(await notifications.preferences(by))


@router.put("/preferences")
async def set_preferences(
    data: Preferences, by: PersonDep, notifications: Injected[NotificationService]
) -> PreferencesPublic:
    """Choose where your notifications go. Kinds that you leave out stay as they are."""
    return _public(await notifications.set_preferences(data, by))


@router.post("/{notification_id}/read", response_model=NotificationPublic)
async def read_notification(
    notification_id: NotificationId, by: CallerDep, notifications: Injected[NotificationService]
) -> Notification:
    """Mark one of your notifications as read. Doing it twice changes nothing."""
    return await notifications.mark_read(notification_id, by)


def _public(deliveries: dict[NotificationKind, Delivery]) -> PreferencesPublic:
    return PreferencesPublic(
        preferences=[
            PreferencePublic(kind=kind, in_app=each.in_app, mail=each.mail)
            for kind, each in deliveries.items()
        ]
    )
