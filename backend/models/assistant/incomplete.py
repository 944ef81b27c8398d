"""Why answers end early."""

from enum import StrEnum


class IncompleteReason(StrEnum):
    """Why an answer ends early.

    `length`: the limit of output tokens was reached. `content_filter`: the provider's filter
    stopped it. `other`: the provider ended it for another reason.
    """

    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"
