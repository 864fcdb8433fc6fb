"""What the kernels must answer, in plain Python: slow, short, and written without looking at the kernels."""
