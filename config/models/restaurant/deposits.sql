SELECT
  location_id,
  business_date,
  tender_group,
  expected_on,
  SUM(collected) AS collected,
  SUM(refunds) AS refunds,
  SUM(fees) AS fees,
  SUM(collected) - SUM(refunds) - SUM(fees) AS expected
FROM (
  SELECT
    p.location_id,
    p.business_date,
    COALESCE(g.tender_group, p.tender) AS tender_group,
    DATE_ADD(IF(p.is_refund, p.refunded_on, p.business_date), INTERVAL COALESCE(g.days, a.days, 1) DAY) AS expected_on,
    IF(p.is_refund, 0, p.total) AS collected,
    IF(p.is_refund, p.refunded, 0) AS refunds,
    IF(p.is_refund, 0, p.fees) AS fees
  FROM (
    SELECT
      location_id,
      business_date,
      FALSE AS is_refund,
      CASE payment_type
        WHEN 'Credit' THEN COALESCE(card_type, '(none)')
        WHEN 'Other' THEN COALESCE(other_type, '(none)')
        ELSE COALESCE(payment_type, '(none)')
      END AS tender,
      business_date AS refunded_on,
      total,
      CAST(0 AS NUMERIC) AS refunded,
      IFNULL(v_mc_d_fees, 0) AS fees
    FROM toast.payment_details
    WHERE is_successful AND IFNULL(payment_type, '(none)') NOT IN ('Gift Card', 'House Account')
    UNION ALL
    SELECT
      location_id,
      business_date,
      TRUE,
      CASE payment_type
        WHEN 'Credit' THEN COALESCE(card_type, '(none)')
        WHEN 'Other' THEN COALESCE(other_type, '(none)')
        ELSE COALESCE(payment_type, '(none)')
      END,
      COALESCE(DATE(refunded_at), business_date),
      total,
      total - net_total,
      0
    FROM toast.payment_details
    WHERE is_successful AND total <> net_total AND IFNULL(payment_type, '(none)') NOT IN ('Gift Card', 'House Account')
  ) AS p
  LEFT JOIN models.tender_groups AS g ON g.tender = p.tender
  LEFT JOIN models.tender_groups AS a ON a.tender = '(other)'
)
GROUP BY 1, 2, 3, 4
