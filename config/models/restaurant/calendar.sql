SELECT
  w.calendar_date,
  w.fiscal_year,
  IF(w.pattern = 'months', DIV(w.month - 1, 3) + 1, w.quarter) AS fiscal_quarter,
  CASE
    WHEN w.pattern = 'months' THEN w.month
    WHEN w.week_of_quarter <= IF(w.pattern = '5-4-4', 5, 4) THEN 3 * w.quarter - 2
    WHEN w.week_of_quarter <= IF(w.pattern = '4-4-5', 8, 9) THEN 3 * w.quarter - 1
    ELSE 3 * w.quarter
  END AS fiscal_period,
  w.week AS fiscal_week,
  w.day_of_week,
  DATE_SUB(w.calendar_date, INTERVAL w.day_of_week - 1 DAY) AS week_begins,
  w.first_day AS year_begins,
  w.last_day AS year_ends,
  n.first_day AS next_year_begins,
  e.event
FROM (
  SELECT
    calendar_date,
    fiscal_year,
    pattern,
    first_day,
    last_day,
    DIV(DATE_DIFF(calendar_date, first_week, DAY), 7) + 1 AS week,
    MOD(DATE_DIFF(calendar_date, first_week, DAY), 7) + 1 AS day_of_week,
    LEAST(DIV(DATE_DIFF(calendar_date, first_day, DAY), 91) + 1, 4) AS quarter,
    DIV(DATE_DIFF(calendar_date, first_day, DAY), 7) + 1
      - 13 * (LEAST(DIV(DATE_DIFF(calendar_date, first_day, DAY), 91) + 1, 4) - 1) AS week_of_quarter,
    12 * (EXTRACT(YEAR FROM calendar_date) - EXTRACT(YEAR FROM first_day))
      + EXTRACT(MONTH FROM calendar_date) - EXTRACT(MONTH FROM first_day) + 1 AS month
  FROM (
    SELECT
      fiscal_year,
      pattern,
      first_day,
      first_week,
      IF(
        pattern = 'months',
        DATE_SUB(DATE_ADD(first_day, INTERVAL 1 YEAR), INTERVAL 1 DAY),
        DATE_ADD(first_day, INTERVAL 7 * weeks - 1 DAY)
      ) AS last_day
    FROM models.fiscal_years
  )
  CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(first_day, last_day)) AS calendar_date
) AS w
LEFT JOIN models.fiscal_years AS n ON n.fiscal_year = w.fiscal_year + 1
LEFT JOIN models.events AS e ON e.event_date = w.calendar_date
