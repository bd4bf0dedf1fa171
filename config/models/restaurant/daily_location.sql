SELECT
  s.location_id,
  s.business_date,
  s.net_sales,
  s.orders,
  s.guests,
  l.hours AS labour_hours,
  l.cost AS labour_cost,
  SAFE_DIVIDE(s.net_sales, l.hours) AS sales_per_labour_hour,
  SAFE_DIVIDE(l.cost, s.net_sales) AS labour_rate
FROM (
  SELECT location_id, business_date, SUM(net_sales) AS net_sales, SUM(orders) AS orders, SUM(guests) AS guests
  FROM models.daily_sales
  GROUP BY 1, 2
) AS s
LEFT JOIN (
  SELECT location_id, business_date, SUM(hours) AS hours, SUM(cost) AS cost
  FROM models.labour_daily
  GROUP BY 1, 2
) AS l
  ON l.location_id = s.location_id AND l.business_date = s.business_date
