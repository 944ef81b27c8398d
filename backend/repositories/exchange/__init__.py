"""Imports, exports and reports."""
