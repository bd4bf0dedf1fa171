SELECT location_id, CAST(business_date AS VARCHAR) AS business_date, count(*) AS orders, sum(amount) AS amount FROM toast.order_details GROUP BY ALL ORDER BY ALL
