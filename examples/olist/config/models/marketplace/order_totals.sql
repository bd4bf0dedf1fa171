SELECT
  o.day,
  o.order_id,
  o.customer_id,
  o.status,
  o.purchased_at,
  o.approved_at,
  o.carried_at,
  o.delivered_at,
  o.promised_at,
  IFNULL(i.items, 0) AS items,
  IFNULL(i.sellers, 0) AS sellers,
  IFNULL(i.price, 0) AS price,
  IFNULL(i.freight, 0) AS freight,
  IFNULL(i.price, 0) + IFNULL(i.freight, 0) AS total,
  IFNULL(p.payments, 0) AS payments,
  IFNULL(p.paid, 0) AS paid,
  IFNULL(p.paid, 0) - IFNULL(i.price, 0) - IFNULL(i.freight, 0) AS difference
FROM olist.orders AS o
LEFT JOIN (
  SELECT
    day,
    order_id,
    COUNT(*) AS items,
    COUNT(DISTINCT seller_id) AS sellers,
    SUM(price) AS price,
    SUM(freight_value) AS freight
  FROM olist.order_items
  GROUP BY 1, 2
) AS i
  ON i.day = o.day AND i.order_id = o.order_id
LEFT JOIN (
  SELECT day, order_id, COUNT(*) AS payments, SUM(payment_value) AS paid
  FROM olist.order_payments
  GROUP BY 1, 2
) AS p
  ON p.day = o.day AND p.order_id = o.order_id
