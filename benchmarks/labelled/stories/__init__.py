"""What goes wrong, and what only looks as if: one story a class, a file a theme."""
