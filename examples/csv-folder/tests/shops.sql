SELECT store, CAST(day AS VARCHAR) AS day, count(*) AS receipts, sum(amount) AS amount FROM shops.sales GROUP BY ALL ORDER BY ALL
