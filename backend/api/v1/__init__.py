"""Version 1 of the API: one router a resource, gathered in `router.py`."""
