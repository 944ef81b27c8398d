"""Tracks code in Markdown, where tags do not count."""

from backend.integrations.assistant.language_models.chat_stream.tags import Token, TokenKind

_FENCE = 3
"""The number of marks at the start of a line that begin or end a block."""


class CodeSpans:
    """Follows a text from its beginning, token by token."""

    def __init__(self) -> None:
        self._fence = ""
        self._ticks = 0
        self.is_blank_line = True

    @property
    def is_code(self) -> bool:
        return bool(self._fence or self._ticks)

    def take(self, token: Token) -> None:
        if token.kind is TokenKind.LINE_END:
            self.is_blank_line, self._ticks = True, 0
        elif not token.text.isspace():
            if token.kind is TokenKind.MARKS:
                self._marks(token.text.lstrip())
            self.is_blank_line = False

    def _marks(self, run: str) -> None:
        """One or more of the marks ` or ~."""
        if self._fence:
            if self.is_blank_line and run.startswith(self._fence):
                self._fence = ""
        elif self.is_blank_line and len(run) >= _FENCE:
            self._fence = run
        elif run[0] == "`" and self._ticks in (0, len(run)):
            self._ticks = 0 if self._ticks else len(run)
