SELECT location_id, business_date, net_sales, orders, guests, labour_hours, labour_cost, is_complete
FROM models.daily_location
WHERE business_date BETWEEN DATE '{from}' AND DATE '{to}'
ORDER BY business_date, location_id
