"""Measures the API over HTTP, as a real `mvp serve` answers it. Start with README.md."""
