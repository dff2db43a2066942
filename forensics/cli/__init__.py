"""The command line: parse, call one verb of the case, print, exit."""
