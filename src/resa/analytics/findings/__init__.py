"""Places that are worth a look: what is unusual, what is below its target, and what it may cost."""
