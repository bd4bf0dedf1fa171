SELECT
  m.location_id,
  m.business_date,
  m.parent_item_id,
  m.option_group,
  m.modifier_id,
  m.modifier,
  m.qty,
  m.gross_sales,
  i.qty AS parent_qty,
  i.gross_sales AS parent_gross_sales,
  SAFE_DIVIDE(m.qty, i.qty) AS share_of_parents
FROM (
  SELECT
    location_id,
    business_date,
    COALESCE(parent_menu_selection_item_id, '(none)') AS parent_item_id,
    COALESCE(option_group_name, '(none)') AS option_group,
    COALESCE(modifier_id, '(note)') AS modifier_id,
    MIN(IF(modifier_id IS NULL, NULL, modifier)) AS modifier,
    SUM(qty) AS qty,
    SUM(gross_price) AS gross_sales
  FROM toast.modifiers_selection_details
  WHERE NOT IFNULL(is_void, FALSE)
  GROUP BY 1, 2, 3, 4, 5
) AS m
LEFT JOIN (
  SELECT location_id, business_date, item_id, SUM(qty) AS qty, SUM(gross_price) AS gross_sales
  FROM toast.item_selection_details
  WHERE NOT IFNULL(is_void, FALSE)
  GROUP BY 1, 2, 3
) AS i
  ON i.location_id = m.location_id AND i.business_date = m.business_date AND i.item_id = m.parent_item_id
