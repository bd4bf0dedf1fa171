SELECT DISTINCT
  location_id,
  business_date,
  station,
  daypart,
  COUNT(*) OVER (PARTITION BY location_id, business_date, station, daypart) AS tickets,
  PERCENTILE_CONT(seconds, 0.5) OVER (PARTITION BY location_id, business_date, station, daypart) AS p50_seconds,
  PERCENTILE_CONT(seconds, 0.9) OVER (PARTITION BY location_id, business_date, station, daypart) AS p90_seconds,
  PERCENTILE_CONT(seconds, 0.95) OVER (PARTITION BY location_id, business_date, station, daypart) AS p95_seconds,
  COUNTIF(seconds > target_seconds) OVER (PARTITION BY location_id, business_date, station, daypart) AS over_target,
  MAX(seconds) OVER (PARTITION BY location_id, business_date, station, daypart) AS longest_seconds
FROM (
  SELECT
    k.location_id,
    k.business_date,
    COALESCE(k.station, '(none)') AS station,
    COALESCE(d.daypart, '(none)') AS daypart,
    k.fulfillment_seconds AS seconds,
    COALESCE(t.target_seconds, a.target_seconds) AS target_seconds
  FROM toast.kitchen_timings AS k
  LEFT JOIN models.dayparts AS d ON EXTRACT(HOUR FROM k.fired_at) BETWEEN d.from_hour AND d.to_hour
  LEFT JOIN models.kitchen_targets AS t ON t.station = k.station
  LEFT JOIN models.kitchen_targets AS a ON a.station = '(all)'
  WHERE k.fulfillment_seconds IS NOT NULL
)
