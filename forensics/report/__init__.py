"""What an audit leaves behind: the page for people, the files for programs."""
