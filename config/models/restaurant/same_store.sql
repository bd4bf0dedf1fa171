SELECT
  c.location_id,
  c.business_date,
  c.net_sales,
  p.net_sales AS net_sales_before,
  IFNULL(c.net_sales > 0 AND p.net_sales > 0 AND MAX(o.net_sales) > 0, FALSE) AS is_comparable,
  IF(
    IFNULL(c.net_sales > 0 AND p.net_sales > 0 AND MAX(o.net_sales) > 0, FALSE),
    SAFE_DIVIDE(c.net_sales - p.net_sales, p.net_sales),
    NULL
  ) AS growth,
  f.fiscal_year,
  f.fiscal_period,
  f.fiscal_week
FROM models.daily_location AS c
LEFT JOIN models.daily_location AS p
  ON p.location_id = c.location_id AND p.business_date = DATE_SUB(c.business_date, INTERVAL 364 DAY)
LEFT JOIN models.daily_location AS o
  ON o.location_id = c.location_id
  AND o.business_date BETWEEN DATE_SUB(c.business_date, INTERVAL 398 DAY) AND DATE_SUB(c.business_date, INTERVAL 392 DAY)
LEFT JOIN models.calendar AS f ON f.calendar_date = c.business_date
GROUP BY c.location_id, c.business_date, c.net_sales, p.net_sales, f.fiscal_year, f.fiscal_period, f.fiscal_week
