"""One module a measure: the question in, numbers with their SQL and the customers behind them out."""
