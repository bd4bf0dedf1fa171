SELECT
  customer_id AS guest,
  COUNT(DISTINCT CONCAT(location_id, ' ', CAST(business_date AS STRING))) AS visits,
  COUNT(DISTINCT location_id) AS locations,
  COUNT(*) AS checks,
  MIN(business_date) AS first_date,
  MAX(business_date) AS last_date,
  SUM(total) AS spend
FROM toast.check_details
WHERE customer_id IS NOT NULL
GROUP BY 1
