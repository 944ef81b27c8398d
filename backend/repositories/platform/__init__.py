"""Shared by every area: base classes, lists, change events, idempotency."""
