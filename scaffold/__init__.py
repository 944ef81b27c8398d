"""Writes and removes resources: for development, and in no wheel or image."""
