"""The report: one page that says what was planned, what happens, and where to look first."""
