"""How an answer ends, by the reason that the provider gives."""

from enum import StrEnum


class Ending(StrEnum):
    """`OTHER`: an unknown reason, which counts as an incomplete answer."""

    COMPLETE = "complete"
    LENGTH = "length"
    FILTERED = "filtered"
    FAILED = "failed"
    OTHER = "other"


_REASONS = {
    Ending.COMPLETE: {
        "complete",
        "completed",
        "end",
        "end_turn",
        "eos",
        "eos_token",
        "finish",
        "finished",
        "function_call",
        "stop",
        "stop_sequence",
        "tool_call",
        "tool_calls",
        "tool_use",
    },
    Ending.LENGTH: {
        "context_length_exceeded",
        "length",
        "max_length",
        "max_output_tokens",
        "max_tokens",
        "model_context_window_exceeded",
        "model_length",
        "token_limit",
    },
    Ending.FILTERED: {
        "blocklist",
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "moderation",
        "prohibited_content",
        "recitation",
        "refusal",
        "safety",
        "sensitive",
        "spii",
    },
    Ending.FAILED: {
        "abort",
        "aborted",
        "cancelled",
        "error",
        "failed",
        "insufficient_system_resource",
        "internal_error",
        "network_error",
        "overloaded",
        "server_error",
        "timeout",
    },
}
_ENDINGS = {reason: ending for ending, reasons in _REASONS.items() for reason in reasons}


def ending_of(reason: str | None) -> Ending | None:
    """None without a reason: the answer continues."""
    if not reason or not reason.strip():
        return None
    return _ENDINGS.get(reason.strip().lower().replace("-", "_"), Ending.OTHER)
