"""Background jobs: tasks, retries, observation and supervision of workers."""
