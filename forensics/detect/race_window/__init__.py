"""Two executions that worked on one record without seeing each other."""
