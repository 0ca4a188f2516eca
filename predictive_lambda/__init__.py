"""The infrastructure: what stands around the model."""
