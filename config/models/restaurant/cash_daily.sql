SELECT
  location_id,
  business_date,
  COALESCE(cash_drawer, '(none)') AS cash_drawer,
  SUM(IF(action IN ('CASH_PAYMENT', 'VOID_CASH_PAYMENT'), amount, 0)) AS cash_payments,
  SUM(IF(action = 'TIP_OUT', amount, 0)) AS tips_paid_out,
  SUM(IF(action IN ('PAY_OUT', 'UNDO_PAY_OUT', 'DRIVER_REIMBURSEMENT'), amount, 0)) AS payouts,
  SUM(IF(action IN ('CASH_IN', 'CASH_OUT'), amount, 0)) AS cash_in_out,
  SUM(IF(action = 'CASH_COLLECTED', amount, 0)) AS collected,
  SUM(
    IF(
      action IN (
        'CASH_PAYMENT', 'VOID_CASH_PAYMENT', 'TIP_OUT', 'PAY_OUT', 'UNDO_PAY_OUT', 'DRIVER_REIMBURSEMENT', 'CASH_IN', 'CASH_OUT', 'CASH_COLLECTED'
      )
      OR STARTS_WITH(IFNULL(action, ''), 'CLOSE_OUT_'),
      0,
      IFNULL(amount, 0)
    )
  ) AS other,
  SUM(IF(STARTS_WITH(IFNULL(action, ''), 'CLOSE_OUT_'), 0, IFNULL(amount, 0))) AS expected_cash,
  IF(
    LOGICAL_OR(STARTS_WITH(IFNULL(action, ''), 'CLOSE_OUT_')),
    SUM(IF(STARTS_WITH(IFNULL(action, ''), 'CLOSE_OUT_'), IFNULL(amount, 0), 0)),
    NULL
  ) AS over_short,
  IF(LOGICAL_OR(STARTS_WITH(IFNULL(action, ''), 'CLOSE_OUT_')), SUM(IFNULL(amount, 0)), NULL) AS counted_cash,
  COUNTIF(action = 'NO_SALE') AS no_sales
FROM toast.cash_entries
GROUP BY 1, 2, 3
