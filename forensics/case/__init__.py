"""The verbs on a case: the same in a notebook and on the command line."""
