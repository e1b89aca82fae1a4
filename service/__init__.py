"""Answer over HTTP and on the command line, every quote cited to the word."""
