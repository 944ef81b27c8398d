"""Shared by every layer; knows nothing about the domain."""
