"""Answers that have ended before all was said."""

from enum import StrEnum


class IncompleteReason(StrEnum):
    """Why an answer ends early.

    `length`: the model may write no more than this. `content_filter`: the provider's filter has
    broken it off. `other`: the provider has ended it for a reason of its own.
    """

    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"
