SELECT
  s.location_id,
  s.business_date,
  s.net_sales,
  s.orders,
  s.guests,
  l.hours AS labour_hours,
  l.cost AS labour_cost,
  SAFE_DIVIDE(s.net_sales, l.hours) AS sales_per_labour_hour,
  SAFE_DIVIDE(l.cost, s.net_sales) AS labour_rate,
  IFNULL(f.streams, 0) = 3 AS is_complete
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
LEFT JOIN (
  SELECT location_id, business_date, COUNT(*) AS streams
  FROM (
    SELECT DISTINCT location_id, business_date, 'check_details' AS stream FROM toast.check_details
    UNION ALL
    SELECT DISTINCT location_id, business_date, 'payment_details' FROM toast.payment_details
    UNION ALL
    SELECT DISTINCT location_id, business_date, 'all_items_report' FROM toast.all_items_report
  )
  GROUP BY 1, 2
) AS f
  ON f.location_id = s.location_id AND f.business_date = s.business_date
