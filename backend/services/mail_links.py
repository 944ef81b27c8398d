"""Where links in mails lead to."""

from dataclasses import dataclass

from backend.models.account_tokens import TokenPurpose


@dataclass(frozen=True)
class MailLinks:
    """
    Attributes:
        frontend: PUBLIC_URL; its pages are `/verify-email`, `/reset-password` and
            `/accept-invitation`. With None, links lead to the documentation of `server`.
    """

    frontend: str | None
    server: str

    def for_token(self, purpose: TokenPurpose, token: str) -> str:
        """The token stands behind a #: browsers send that to no server, and no log has it."""
        if self.frontend is None:
            return f"{self.server}/docs#/auth/{purpose}"
        page = purpose.replace("_", "-")
        return f"{self.frontend}/{page}#token={token}"

    def absolute(self, path: str) -> str:
        """A page of the frontend, by a path such as `/tasks`."""
        return f"{self.frontend or self.server}{path}"
