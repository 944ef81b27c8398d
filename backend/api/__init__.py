"""HTTP: routers, their dependencies and error responses. No business rules."""
