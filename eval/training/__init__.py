"""How the bundled encoder was trained: its questions and passages, its loss, its script."""
