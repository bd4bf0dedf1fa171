SELECT
  location_id,
  business_date,
  COALESCE(job_title, '(none)') AS job_title,
  COUNT(DISTINCT employee_id) AS people,
  SUM(total_hours) AS hours,
  SUM(regular_hours) AS regular_hours,
  SUM(overtime_hours) AS overtime_hours,
  SUM(regular_pay) AS regular_cost,
  SUM(overtime_pay) AS overtime_cost,
  SUM(total_pay) AS cost,
  SUM(cash_tips_declared) AS cash_tips,
  SUM(non_cash_tips) AS other_tips,
  SUM(total_tips) AS tips,
  COUNTIF(out_at IS NULL) AS open_shifts,
  COUNTIF(is_auto_clock_out) AS auto_clock_outs
FROM toast.time_entries
GROUP BY 1, 2, 3
