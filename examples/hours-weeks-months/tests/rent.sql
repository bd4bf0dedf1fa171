SELECT shop, CAST(month AS VARCHAR) AS month, count(*) AS payments, sum(amount) AS amount FROM rent.payments GROUP BY ALL ORDER BY ALL
