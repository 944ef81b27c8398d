"""Executions and jobs: work that outlives a request."""
