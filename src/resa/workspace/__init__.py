"""The composition root: opens storage and engine and hands them down."""
