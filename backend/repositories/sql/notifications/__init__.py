"""Notifications, shown in the app or mailed."""
