"""Tasks, checklists and modules."""
