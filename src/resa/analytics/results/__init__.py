"""What an answer holds, and how it is shown."""
