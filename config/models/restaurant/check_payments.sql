SELECT
  c.location_id,
  c.business_date,
  c.check_id,
  c.order_id,
  CASE
    WHEN c.checks = 0 THEN 'ahead'
    WHEN IFNULL(o.is_voided, FALSE) THEN 'voided'
    WHEN c.due <> 0 AND c.payments = 0 THEN 'unpaid'
    ELSE 'paid'
  END AS state,
  c.due,
  c.collected,
  c.refunds,
  CASE
    WHEN c.checks = 0 THEN c.collected
    WHEN IFNULL(o.is_voided, FALSE) THEN 0
    WHEN c.due <> 0 AND c.payments = 0 THEN 0
    WHEN c.due = c.collected - c.refunds THEN c.collected
    ELSE c.due
  END AS expected
FROM (
  SELECT
    location_id,
    business_date,
    check_id,
    MIN(order_id) AS order_id,
    SUM(checks) AS checks,
    SUM(payments) AS payments,
    SUM(due) AS due,
    SUM(collected) AS collected,
    SUM(refunds) AS refunds
  FROM (
    SELECT
      location_id,
      business_date,
      check_id,
      CAST(NULL AS STRING) AS order_id,
      1 AS checks,
      0 AS payments,
      total AS due,
      CAST(0 AS NUMERIC) AS collected,
      CAST(0 AS NUMERIC) AS refunds
    FROM toast.check_details
    UNION ALL
    SELECT
      location_id,
      business_date,
      COALESCE(check_id, '(none)'),
      order_id,
      0,
      IF(IFNULL(is_successful, FALSE), 1, 0),
      CAST(NULL AS NUMERIC),
      IF(IFNULL(is_successful, FALSE), total, 0),
      IF(IFNULL(is_successful, FALSE), total - net_total, 0)
    FROM toast.payment_details
    UNION ALL
    SELECT location_id, business_date, check_id, order_id, 0, 0, CAST(NULL AS NUMERIC), 0, 0
    FROM toast.item_selection_details
    WHERE check_id IS NOT NULL
  )
  GROUP BY 1, 2, 3
) AS c
LEFT JOIN toast.order_details AS o
  ON o.location_id = c.location_id AND o.business_date = c.business_date AND o.order_id = c.order_id
WHERE c.checks > 0 OR c.collected <> 0 OR c.payments > 0
