"""Doors from other people's tools into a workspace; each needs its tool, which Resa does not install."""
