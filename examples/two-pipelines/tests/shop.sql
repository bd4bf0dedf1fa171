SELECT item, sum(amount) AS amount FROM shop.sales GROUP BY ALL ORDER BY ALL
