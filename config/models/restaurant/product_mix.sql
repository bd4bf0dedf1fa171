SELECT
  location_id,
  business_date,
  COALESCE(menu, '(none)') AS menu,
  COALESCE(menu_group, '(none)') AS menu_group,
  COALESCE(item_id, '(open)') AS item_id,
  COALESCE(sales_category, '(none)') AS sales_category,
  MIN(menu_item) AS menu_item,
  SUM(IF(IFNULL(is_void, FALSE), 0, qty)) AS qty,
  SUM(IF(IFNULL(is_void, FALSE), 0, gross_price)) AS gross_sales,
  SUM(IF(IFNULL(is_void, FALSE), 0, gross_price - net_price)) AS discounts,
  SUM(IF(IFNULL(is_void, FALSE), 0, net_price)) AS net_sales,
  SUM(IF(IFNULL(is_deferred, FALSE) AND NOT IFNULL(is_void, FALSE), net_price, 0)) AS deferred_sales,
  SUM(IF(IFNULL(is_void, FALSE), qty, 0)) AS void_qty,
  SUM(IF(IFNULL(is_void, FALSE), gross_price, 0)) AS void_amount,
  COUNT(DISTINCT IF(IFNULL(is_void, FALSE), NULL, order_id)) AS orders
FROM toast.item_selection_details
GROUP BY 1, 2, 3, 4, 5, 6
