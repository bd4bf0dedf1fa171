SELECT
  location_id,
  business_date,
  COALESCE(payment_type, '(none)') AS payment_type,
  CASE payment_type
    WHEN 'Credit' THEN COALESCE(card_type, '(none)')
    WHEN 'Other' THEN COALESCE(other_type, '(none)')
    ELSE COALESCE(payment_type, '(none)')
  END AS tender,
  COALESCE(status, '(none)') AS status,
  COUNT(*) AS payments,
  SUM(amount) AS amount,
  SUM(IFNULL(tip, 0)) AS tips,
  SUM(IFNULL(gratuity, 0)) AS gratuity,
  SUM(total) AS total,
  SUM(IF(IFNULL(is_successful, FALSE), total, 0)) AS collected,
  SUM(IF(IFNULL(is_successful, FALSE), IFNULL(refund_amount, 0), 0)) AS refunds,
  SUM(IF(IFNULL(is_successful, FALSE), IFNULL(refund_tip_amount, 0), 0)) AS refunded_tips,
  SUM(IF(IFNULL(is_successful, FALSE), v_mc_d_fees, NULL)) AS fees,
  SUM(
    IF(
      IFNULL(is_successful, FALSE) AND IFNULL(payment_type, '(none)') NOT IN ('Gift Card', 'House Account'),
      net_total - IFNULL(v_mc_d_fees, 0),
      0
    )
  ) AS expected_deposit
FROM toast.payment_details
GROUP BY 1, 2, 3, 4, 5
