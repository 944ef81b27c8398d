"""What workers run: tasks, and how they are tried, observed and supervised."""
