"""Stand-ins and builders that tests of several areas share."""
