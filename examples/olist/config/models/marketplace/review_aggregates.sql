SELECT
  r.day,
  COALESCE(c.state, '(none)') AS state,
  CASE
    WHEN o.order_id IS NULL THEN '(none)'
    WHEN o.delivered_at IS NULL THEN 'not delivered'
    WHEN o.delivered_at > o.promised_at THEN 'late'
    ELSE 'on time'
  END AS delivery,
  COUNT(*) AS reviews,
  SUM(r.score) AS stars,
  SAFE_DIVIDE(SUM(r.score), COUNT(*)) AS average_score,
  COUNTIF(r.score <= 2) AS low_scores,
  COUNTIF(r.score >= 4) AS high_scores,
  COUNTIF(r.answered_at IS NOT NULL) AS answered
FROM olist.order_reviews AS r
LEFT JOIN olist.orders AS o ON o.day = r.day AND o.order_id = r.order_id
LEFT JOIN olist.customers AS c ON c.day = r.day AND c.customer_id = o.customer_id
GROUP BY 1, 2, 3
