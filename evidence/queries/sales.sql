SELECT
  location_id,
  business_date,
  daypart,
  service,
  SUM(gross_sales) AS gross_sales,
  SUM(discounts) AS discounts,
  SUM(net_sales) AS net_sales,
  SUM(orders) AS orders
FROM models.daily_sales
WHERE business_date BETWEEN DATE '{from}' AND DATE '{to}'
GROUP BY location_id, business_date, daypart, service
ORDER BY business_date, location_id, daypart, service
