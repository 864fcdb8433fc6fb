"""What can be asked, as plain values that are written down and read again."""
