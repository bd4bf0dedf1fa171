SELECT location_id, business_date, cash_drawer, expected_cash, counted_cash, over_short, no_sales
FROM models.cash_daily
WHERE business_date BETWEEN DATE '{from}' AND DATE '{to}'
ORDER BY business_date, location_id, cash_drawer
