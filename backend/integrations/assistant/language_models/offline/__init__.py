"""A language model without a network: it knows a handful of requests, in plain English."""

from backend.integrations.assistant.language_models.offline.model import OFFLINE_MODEL

__all__ = ["OFFLINE_MODEL"]
