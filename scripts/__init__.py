"""Scripts for those who work on Resa."""
