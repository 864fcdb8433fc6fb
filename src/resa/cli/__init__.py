"""The command line: one module a verb. Data on stdout, progress and problems on stderr."""
