SELECT
  o.location_id,
  o.business_date,
  o.order_id,
  COALESCE(o.service, '(none)') AS service,
  COALESCE(o.revenue_center, '(none)') AS revenue_center,
  CASE
    WHEN o.dining_options IS NULL THEN '(none)'
    WHEN STRPOS(o.dining_options, ', ') = 0 THEN o.dining_options
    ELSE 'Mixed'
  END AS dining_option,
  COALESCE(o.order_source, '(none)') AS order_source,
  COALESCE(d.daypart, '(none)') AS daypart,
  COALESCE(o.is_voided, FALSE) AS is_voided,
  o.guest_count AS guests,
  o.amount + IFNULL(o.discount_amount, 0) AS gross_sales,
  IFNULL(o.discount_amount, 0) AS discounts,
  o.amount AS net_sales,
  IFNULL(i.deferred, 0) AS deferred_sales,
  o.amount - IFNULL(i.item_net, 0) AS service_charges,
  IFNULL(o.tax, 0) AS tax,
  ROUND(IFNULL(i.item_tax, 0), 2) AS item_tax,
  IFNULL(o.tip, 0) AS tip,
  IFNULL(o.gratuity, 0) AS gratuity,
  o.total AS total_due,
  IFNULL(i.void_qty, 0) AS void_qty,
  IFNULL(i.void_amount, 0) AS void_amount
FROM toast.order_details AS o
LEFT JOIN (
  SELECT
    location_id,
    business_date,
    order_id,
    SUM(IF(IFNULL(is_void, FALSE), 0, net_price)) AS item_net,
    SUM(IF(IFNULL(is_void, FALSE), 0, IFNULL(tax, 0))) AS item_tax,
    SUM(IF(IFNULL(is_deferred, FALSE) AND NOT IFNULL(is_void, FALSE), net_price, 0)) AS deferred,
    SUM(IF(IFNULL(is_void, FALSE), qty, 0)) AS void_qty,
    SUM(IF(IFNULL(is_void, FALSE), gross_price, 0)) AS void_amount
  FROM toast.item_selection_details
  GROUP BY 1, 2, 3
) AS i
  ON i.location_id = o.location_id AND i.business_date = o.business_date AND i.order_id = o.order_id
LEFT JOIN models.dayparts AS d
  ON EXTRACT(HOUR FROM o.opened_at) BETWEEN d.from_hour AND d.to_hour
