"""Read official lists of practices into documents, practices and chunks with exact spans."""
