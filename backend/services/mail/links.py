"""The targets of links in mails."""

from dataclasses import dataclass
from uuid import UUID

from backend.core.permissions import SubjectKind


@dataclass(frozen=True)
class MailLinks:
    """
    Attributes:
        frontend: PUBLIC_URL; its pages are `/verify-email`, `/reset-password`,
            `/accept-invitation`, and those that `frontend_path` returns. With None, links with
            tokens lead to the documentation of `server`, and there are no others.
    """

    frontend: str | None
    server: str

    def for_token(self, purpose: str, token: str) -> str:
        """Return the page on which a token is used, for a purpose such as `reset_password`.

        The token follows a #: browsers do not send it to servers, so no log contains it.
        """
        if self.frontend is None:
            return f"{self.server}/docs#/auth/{purpose}"
        page = purpose.replace("_", "-")
        return f"{self.frontend}/{page}#token={token}"

    def for_page(self, path: str) -> str | None:
        """Return the URL of a path of the frontend, such as `/tasks`; None without a frontend."""
        return None if self.frontend is None else f"{self.frontend}{path}"


def frontend_path(kind: SubjectKind, subject_id: UUID) -> str:
    """Return the path of the frontend's page for the subject of an event."""
    return f"/{kind}s/{subject_id}"
