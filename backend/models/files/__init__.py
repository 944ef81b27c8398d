"""Uploaded files and the storage of their content."""
