SELECT
  o.location_id,
  o.business_date,
  'voided_order' AS kind,
  o.order_id AS id,
  o.server AS employee,
  CAST(NULL AS STRING) AS reason,
  i.gross_price AS amount,
  o.opened_at AS happened_at
FROM toast.order_details AS o
LEFT JOIN (
  SELECT location_id, business_date, order_id, SUM(gross_price) AS gross_price
  FROM toast.item_selection_details
  GROUP BY 1, 2, 3
) AS i
  ON i.location_id = o.location_id AND i.business_date = o.business_date AND i.order_id = o.order_id
WHERE o.is_voided
UNION ALL
SELECT location_id, business_date, 'voided_item', item_selection_id, server, menu_item, gross_price, order_at
FROM toast.item_selection_details
WHERE is_void
UNION ALL
SELECT
  c.location_id,
  c.business_date,
  COALESCE(MIN(k.kind), 'discount'),
  c.check_id,
  MIN(c.server),
  MIN(c.reason_of_discount),
  MIN(c.discount),
  MIN(c.opened_at)
FROM toast.check_details AS c
LEFT JOIN models.discount_kinds AS k ON STRPOS(LOWER(c.reason_of_discount), LOWER(k.discount)) > 0
WHERE IFNULL(c.discount, 0) <> 0
GROUP BY c.location_id, c.business_date, c.check_id
UNION ALL
SELECT location_id, business_date, 'refund', payment_id, server, refund_status, total - net_total, refunded_at
FROM toast.payment_details
WHERE total <> net_total
UNION ALL
SELECT location_id, business_date, 'voided_payment', payment_id, server, status, total, COALESCE(voided_at, paid_at)
FROM toast.payment_details
WHERE status = 'VOIDED'
UNION ALL
SELECT location_id, business_date, 'cash_given_back', payment_id, server, payment_type, total, paid_at
FROM toast.payment_details
WHERE total < 0
UNION ALL
SELECT location_id, business_date, 'no_sale', entry_id, employee, no_sale_reason, amount, created_at
FROM toast.cash_entries
WHERE action = 'NO_SALE'
