"""Implementations of the Protocols of services on external systems and libraries."""
