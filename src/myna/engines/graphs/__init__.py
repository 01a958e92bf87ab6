"""Networks as graphs for ONNX Runtime: what a small one is written with, and where it is kept."""
