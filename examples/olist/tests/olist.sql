SELECT payment_type, count(*) AS payments, sum(payment_value) AS amount FROM olist.order_payments GROUP BY ALL ORDER BY ALL
