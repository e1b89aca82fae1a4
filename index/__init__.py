"""Build and search a snapshot: dense and sparse channels, fused and cited."""
