"""Write one row an invoice and one a customer, to `data/`, beside the raw lines. A source file cannot add rows up."""

import duckdb

LINES = "data/transactions.parquet"

duckdb.sql(
    f"""SELECT InvoiceNo AS invoice, CustomerID::BIGINT AS customer, min(InvoiceDate) AS invoiced_at,
        CASE WHEN InvoiceNo LIKE 'C%' THEN 'cancellation' WHEN InvoiceNo LIKE 'A%' THEN 'adjustment'
          ELSE 'order' END AS event,
        count(*) AS lines, round(sum(Quantity * UnitPrice), 2) AS total, any_value(Country ORDER BY Country) AS country
        FROM '{LINES}' GROUP BY InvoiceNo, CustomerID ORDER BY ALL"""
).write_parquet("data/invoices.parquet")

duckdb.sql(
    f"""SELECT CustomerID::BIGINT AS customer, max_by(Country, (InvoiceDate, Country)) AS country,
        max(InvoiceDate) AS said_at
        FROM '{LINES}' WHERE CustomerID IS NOT NULL GROUP BY CustomerID ORDER BY CustomerID"""
).write_parquet("data/customers.parquet")
