"""Audit trail, retention and health."""
