"""Stands in the way of pandas in processes that tests start.

Resa needs it nowhere, and where it is installed, Arrow loads it in each process, which takes half a second.
"""

raise ImportError("pandas is not there in this test")
