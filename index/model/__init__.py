"""The bundled model, and the script that builds its directory: `python -m index.model`."""
