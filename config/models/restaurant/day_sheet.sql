WITH
  sales AS (
    SELECT
      location_id,
      business_date,
      SUM(gross_sales) AS gross_sales,
      SUM(discounts) AS discounts,
      SUM(net_sales) AS net_sales,
      SUM(deferred_sales) AS deferred_sales,
      SUM(service_charges) AS service_charges,
      SUM(tax) AS tax,
      SUM(tips) AS tips,
      SUM(gratuity) AS gratuity,
      SUM(total_due) AS total_due
    FROM models.daily_sales
    GROUP BY 1, 2
  ),
  report AS (
    SELECT
      location_id,
      business_date,
      SUM(IF(row_level = 'ALL', gross_amount, 0)) AS gross_sales,
      SUM(IF(row_level = 'ALL', discount_amount, 0)) AS discounts,
      SUM(IF(row_level = 'ALL', net_amount, 0)) AS net_sales,
      SUM(IF(row_level = 'MENU' AND menu_name = 'Gift Cards', gross_amount, 0)) AS gift_gross,
      SUM(IF(row_level = 'MENU' AND menu_name = 'Gift Cards', net_amount, 0)) AS gift_net
    FROM toast.all_items_report
    GROUP BY 1, 2
  ),
  items AS (
    SELECT location_id, business_date, SUM(item_tax) AS tax
    FROM models.order_facts
    GROUP BY 1, 2
  ),
  checks AS (
    SELECT
      location_id,
      business_date,
      SUM(IF(state IN ('paid', 'unpaid'), due, 0)) AS due,
      SUM(expected) AS expected
    FROM models.check_payments
    GROUP BY 1, 2
  ),
  payments AS (
    SELECT
      location_id,
      business_date,
      payment_type,
      SUM(collected) AS collected,
      SUM(refunds) + SUM(refunded_tips) AS refunds,
      SUM(fees) AS fees,
      SUM(expected_deposit) AS expected_deposit
    FROM models.payments_daily
    GROUP BY 1, 2, 3
  ),
  drawers AS (
    SELECT
      location_id,
      business_date,
      SUM(cash_payments) AS cash_payments,
      SUM(tips_paid_out) AS tips_paid_out,
      SUM(payouts) AS payouts,
      SUM(expected_cash) AS expected_cash,
      SUM(counted_cash) AS counted_cash,
      SUM(over_short) AS over_short
    FROM models.cash_daily
    GROUP BY 1, 2
  ),
  lines AS (
    SELECT location_id, business_date, 'sales' AS section, 'gross sales' AS line, 10 AS place, gross_sales AS amount
    FROM sales
    UNION ALL
    SELECT location_id, business_date, 'sales', 'discounts', 11, discounts FROM sales
    UNION ALL
    SELECT location_id, business_date, 'sales', 'net sales', 12, net_sales FROM sales
    UNION ALL
    SELECT location_id, business_date, 'sales', 'of it service charges', 13, service_charges FROM sales
    UNION ALL
    SELECT location_id, business_date, 'sales', 'tax', 14, tax FROM sales
    UNION ALL
    SELECT location_id, business_date, 'sales', 'tips', 15, tips FROM sales
    UNION ALL
    SELECT location_id, business_date, 'sales', 'gratuity', 16, gratuity FROM sales
    UNION ALL
    SELECT location_id, business_date, 'sales', 'total due', 17, total_due FROM sales
    UNION ALL
    SELECT location_id, business_date, 'payments', payment_type, 20, collected FROM payments
    UNION ALL
    SELECT location_id, business_date, 'payments', 'collected', 21, SUM(collected) FROM payments GROUP BY 1, 2
    UNION ALL
    SELECT location_id, business_date, 'payments', 'refunds', 22, SUM(refunds) FROM payments GROUP BY 1, 2
    UNION ALL
    SELECT location_id, business_date, 'payments', 'card fees', 23, SUM(fees) FROM payments GROUP BY 1, 2
    UNION ALL
    SELECT location_id, business_date, 'cash', 'cash payments', 30, cash_payments FROM drawers
    UNION ALL
    SELECT location_id, business_date, 'cash', 'tips paid out', 31, tips_paid_out FROM drawers
    UNION ALL
    SELECT location_id, business_date, 'cash', 'payouts', 32, payouts FROM drawers
    UNION ALL
    SELECT location_id, business_date, 'cash', 'expected cash', 33, expected_cash FROM drawers
    UNION ALL
    SELECT location_id, business_date, 'cash', 'counted cash', 34, counted_cash FROM drawers
    UNION ALL
    SELECT location_id, business_date, 'cash', 'over or short', 35, over_short FROM drawers
    UNION ALL
    SELECT location_id, business_date, 'deposits', tender_group, 40, SUM(expected) FROM models.deposits GROUP BY 1, 2, 4
    UNION ALL
    SELECT location_id, business_date, 'deposits', 'expected', 41, SUM(expected_deposit) FROM payments GROUP BY 1, 2
    UNION ALL
    SELECT location_id, business_date, 'gift cards', 'sold', 50, deferred_sales FROM sales
    UNION ALL
    SELECT location_id, business_date, 'gift cards', 'redeemed', 51, SUM(IF(payment_type = 'Gift Card', collected, 0))
    FROM payments
    GROUP BY 1, 2
    UNION ALL
    SELECT
      s.location_id,
      s.business_date,
      'gift cards',
      'change of liability',
      52,
      s.deferred_sales - SUM(IF(IFNULL(p.payment_type, '') = 'Gift Card', p.collected, 0))
    FROM sales AS s
    LEFT JOIN payments AS p ON p.location_id = s.location_id AND p.business_date = s.business_date
    GROUP BY s.location_id, s.business_date, s.deferred_sales
  ),
  compared AS (
    SELECT
      l.location_id,
      l.business_date,
      l.section,
      l.line,
      l.place,
      l.amount,
      CASE CONCAT(l.section, ': ', l.line)
        WHEN 'sales: gross sales' THEN IF(l.amount = r.gross_sales + r.gift_gross, l.amount, r.gross_sales)
        WHEN 'sales: discounts' THEN r.discounts
        WHEN 'sales: net sales' THEN IF(l.amount = r.net_sales + r.gift_net, l.amount, r.net_sales)
        WHEN 'sales: tax' THEN i.tax
        WHEN 'sales: total due' THEN c.due
        WHEN 'payments: collected' THEN c.expected
        WHEN 'cash: cash payments' THEN IFNULL(p.collected, 0)
        WHEN 'gift cards: sold' THEN IF(l.amount = r.gift_net, r.gift_net, NULL)
        ELSE NULL
      END AS other_amount
    FROM lines AS l
    LEFT JOIN report AS r ON r.location_id = l.location_id AND r.business_date = l.business_date
    LEFT JOIN items AS i ON i.location_id = l.location_id AND i.business_date = l.business_date
    LEFT JOIN checks AS c ON c.location_id = l.location_id AND c.business_date = l.business_date
    LEFT JOIN payments AS p
      ON p.location_id = l.location_id AND p.business_date = l.business_date AND p.payment_type = 'Cash'
  )
SELECT location_id, business_date, section, line, place, amount, other_amount, amount - other_amount AS difference
FROM compared
