"""What a question looks at: the events of one generation, whose, when, in which groups."""
