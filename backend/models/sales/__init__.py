"""Customers, leads, products and the timeline of a customer."""
