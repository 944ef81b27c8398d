"""Where links in mails lead to."""

from dataclasses import dataclass
from uuid import UUID

from backend.models.platform.domain_events import SubjectKind


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
        """Where the owner of a token uses it, for a purpose such as `reset_password`.

        The token stands behind a #: browsers send that to no server, and no log has it.
        """
        if self.frontend is None:
            return f"{self.server}/docs#/auth/{purpose}"
        page = purpose.replace("_", "-")
        return f"{self.frontend}/{page}#token={token}"

    def for_page(self, path: str) -> str | None:
        """A page of the frontend, by a path such as `/tasks`; None without a frontend."""
        return None if self.frontend is None else f"{self.frontend}{path}"


def frontend_path(kind: SubjectKind, subject_id: UUID) -> str:
    """The path of the frontend's page for what an event is about."""
    # Sessions are looked after in a list.
    return "/sessions" if kind is SubjectKind.SESSION else f"/{kind}s/{subject_id}"
