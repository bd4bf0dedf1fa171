SELECT DISTINCT
  day,
  state,
  COUNT(*) OVER (PARTITION BY day, state) AS orders,
  COUNTIF(delivered_at IS NOT NULL) OVER (PARTITION BY day, state) AS delivered,
  COUNTIF(delivered_at <= promised_at) OVER (PARTITION BY day, state) AS on_time,
  COUNTIF(delivered_at > promised_at) OVER (PARTITION BY day, state) AS late,
  SAFE_DIVIDE(
    COUNTIF(delivered_at <= promised_at) OVER (PARTITION BY day, state),
    COUNTIF(delivered_at IS NOT NULL) OVER (PARTITION BY day, state)
  ) AS on_time_rate,
  PERCENTILE_CONT(days, 0.5) OVER (PARTITION BY day, state) AS p50_days,
  PERCENTILE_CONT(days, 0.9) OVER (PARTITION BY day, state) AS p90_days,
  PERCENTILE_CONT(days_late, 0.9) OVER (PARTITION BY day, state) AS p90_days_late
FROM (
  SELECT
    o.day,
    COALESCE(c.state, '(none)') AS state,
    o.delivered_at,
    o.promised_at,
    DATETIME_DIFF(o.delivered_at, o.purchased_at, SECOND) / 86400 AS days,
    DATETIME_DIFF(o.delivered_at, o.promised_at, SECOND) / 86400 AS days_late
  FROM olist.orders AS o
  LEFT JOIN olist.customers AS c ON c.day = o.day AND c.customer_id = o.customer_id
)
