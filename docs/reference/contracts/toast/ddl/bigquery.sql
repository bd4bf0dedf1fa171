CREATE SCHEMA IF NOT EXISTS `toast`;

CREATE TABLE IF NOT EXISTS `toast`.`order_details` (
  `location` STRING OPTIONS (description = 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.'),
  `order_id` STRING OPTIONS (description = 'Toast\'s id of the order. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `order_number` STRING OPTIONS (description = 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.'),
  `checks` STRING OPTIONS (description = 'Numbers of the order\'s checks, joined with a comma and a blank: `1, 4`.'),
  `opened_at` DATETIME OPTIONS (description = 'When the order was opened, local time. For an order placed ahead it is the promised time.'),
  `guest_count` INT64 OPTIONS (description = 'Guests; 0 is possible.'),
  `tab_names` STRING OPTIONS (description = 'Names on the tabs, often the card holder\'s: personal data, stored as a keyed hash.'),
  `server` STRING OPTIONS (description = 'Employee who owns it; online orders say Default Online Ordering.'),
  `table_name` STRING OPTIONS (description = 'Table. Free text, though Toast documents a number.'),
  `revenue_center` STRING OPTIONS (description = 'Revenue center. The text `None` is a value, not an absence.'),
  `dining_area` STRING OPTIONS (description = 'Dining area of the table.'),
  `service` STRING OPTIONS (description = 'Part of the day as the restaurant configured it, such as Lunch or Late Night.'),
  `dining_options` STRING OPTIONS (description = 'One dining option per check, joined with a comma and a blank.'),
  `discount_amount` NUMERIC OPTIONS (description = 'Discounts of the order and of its items.'),
  `amount` NUMERIC OPTIONS (description = 'Net sales: after discounts, before tax, tip and gratuity.'),
  `tax` NUMERIC OPTIONS (description = 'Tax.'),
  `tip` NUMERIC OPTIONS (description = 'Tips, as far as they were known when the file was written.'),
  `gratuity` NUMERIC OPTIONS (description = 'Automatic gratuity and service charges that count as one.'),
  `total` NUMERIC OPTIONS (description = 'What the guests owe: amount + tax + tip + gratuity.'),
  `is_voided` BOOL OPTIONS (description = 'Whether the whole order was voided; its money is then zero.'),
  `paid_at` DATETIME OPTIONS (description = 'When it was paid, local time. Empty when it never was; before opened_at for orders placed ahead.'),
  `closed_at` DATETIME OPTIONS (description = 'When it was closed, local time. Empty when it never was.'),
  `duration_opened_to_paid_text` STRING OPTIONS (description = 'Time from opening to payment as Toast prints it. Not a time of day: hours exceed 24, and each part has a sign of its own.'),
  `order_source` STRING OPTIONS (description = 'Where the order came from.'),
  `opened_at_utc` TIMESTAMP OPTIONS (description = 'When the order was opened, in UTC.'),
  `paid_at_utc` TIMESTAMP OPTIONS (description = 'When the order was paid, in UTC.'),
  `closed_at_utc` TIMESTAMP OPTIONS (description = 'When the order was closed, in UTC.'),
  `duration_opened_to_paid_seconds` INT64 OPTIONS (description = 'Time from opening to payment; negative when it was paid before it was opened, as orders placed ahead are.'),
  `duration_opened_to_paid_minutes` NUMERIC OPTIONS (description = 'The same in minutes with one decimal, as the script before Daybreak stored it.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `order_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `order_id`, `server`
OPTIONS (description = 'One row per order of the business day, as Toast knew it when the file was written. Tips and refunds may still change afterwards; the file does not say so.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`check_details` (
  `customer_id` STRING OPTIONS (description = 'Guest, where known. Stored as a keyed hash: the same guest keeps the same value.'),
  `customer` STRING OPTIONS (description = 'Name of the guest: personal data, stored as a keyed hash.'),
  `customer_phone` STRING OPTIONS (description = 'Phone of the guest: personal data, stored as a keyed hash.'),
  `customer_email` STRING OPTIONS (description = 'E-mail of the guest: personal data, stored as a keyed hash.'),
  `location_code` STRING OPTIONS (description = 'Code of the restaurant, where one is configured. This file has no name of the location.'),
  `opened_date` DATE OPTIONS (description = 'Local day on which the check was opened. Empty for checks without items.'),
  `opened_time` TIME OPTIONS (description = 'Local time at which the check was opened.'),
  `item_description` STRING OPTIONS (description = 'Names of the items, joined with a comma and a blank. Names hold commas themselves: never split it.'),
  `server` STRING OPTIONS (description = 'Employee who owns it; online orders say Default Online Ordering.'),
  `tax` NUMERIC OPTIONS (description = 'Tax.'),
  `tender` STRING OPTIONS (description = 'Kind of the first payment only; a check paid in two ways shows one. Empty when the total is zero.'),
  `check_id` STRING OPTIONS (description = 'Toast\'s id of the check. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `check_number` STRING OPTIONS (description = 'Number of the check within the business day.'),
  `total` NUMERIC OPTIONS (description = 'What was paid: tax, tip and gratuity included. The sum of the successful payments.'),
  `customer_family` STRING OPTIONS (description = 'Always empty; Toast says it is not used.'),
  `table_size` INT64 OPTIONS (description = 'Guests of the check.'),
  `discount` NUMERIC OPTIONS (description = 'Discounts of the check and of its items.'),
  `reason_of_discount` STRING OPTIONS (description = 'Names of the discounts, joined with a comma and a blank.'),
  `link` STRING OPTIONS (description = 'Address of the receipt. It opens the receipt without a login, so it is dropped.'),
  `opened_at` DATETIME OPTIONS (description = 'When the check was opened, local time. Empty for checks without items.'),
  `opened_at_utc` TIMESTAMP OPTIONS (description = 'When the check was opened, in UTC.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `check_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `check_id`, `server`
OPTIONS (description = 'One row per check. An order has one check or several; checks carry the guest and the discounts\' reasons.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`payment_details` (
  `location` STRING OPTIONS (description = 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.'),
  `payment_id` STRING OPTIONS (description = 'Toast\'s id of the payment. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `order_id` STRING OPTIONS (description = 'Order that was paid. For an order placed ahead it stands in another day\'s file.'),
  `order_number` STRING OPTIONS (description = 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.'),
  `paid_at` DATETIME OPTIONS (description = 'When it was paid, local time.'),
  `order_at` DATETIME OPTIONS (description = 'When the order was opened, local time.'),
  `check_id` STRING OPTIONS (description = 'Check that was paid.'),
  `check_number` STRING OPTIONS (description = 'Number of the check within the business day.'),
  `tab_name` STRING OPTIONS (description = 'Name on the tab: personal data, stored as a keyed hash.'),
  `server` STRING OPTIONS (description = 'Employee who owns it; online orders say Default Online Ordering.'),
  `table_name` STRING OPTIONS (description = 'Table. Free text, though Toast documents a number.'),
  `dining_area` STRING OPTIONS (description = 'Dining area of the table.'),
  `service` STRING OPTIONS (description = 'Part of the day as the restaurant configured it, such as Lunch or Late Night.'),
  `dining_option` STRING OPTIONS (description = 'Dining option of the check.'),
  `house_account_number` STRING OPTIONS (description = 'House account that was charged. It names a customer, so it is stored as a keyed hash.'),
  `amount` NUMERIC OPTIONS (description = 'Paid for the check, tax included, tip and gratuity not. Negative for cash given back.'),
  `tip` NUMERIC OPTIONS (description = 'Tip.'),
  `gratuity` NUMERIC OPTIONS (description = 'Gratuity.'),
  `total` NUMERIC OPTIONS (description = 'amount + tip + gratuity.'),
  `swiped_card_amount` NUMERIC OPTIONS (description = 'Part paid with a card that was present.'),
  `keyed_card_amount` NUMERIC OPTIONS (description = 'Part paid with a card number that was typed in.'),
  `amount_tendered` NUMERIC OPTIONS (description = 'Cash handed over; zero for other payments.'),
  `refund_status` STRING OPTIONS (description = 'NONE or FULL. Unreliable: most refunded payments still say NONE; look at refund_amount.'),
  `refunded_at` DATETIME OPTIONS (description = 'When it was refunded, local time: days after paid_at.'),
  `refund_amount` NUMERIC OPTIONS (description = 'Refunded without the tip. Empty, not zero, when nothing was.'),
  `refund_tip_amount` NUMERIC OPTIONS (description = 'Tip refunded. Empty when nothing was.'),
  `void_user` STRING OPTIONS (description = 'Who voided it. Holds an employee\'s e-mail address, so it is stored as a keyed hash.'),
  `void_approver` STRING OPTIONS (description = 'Who approved the void. Stored as a keyed hash, as void_user is.'),
  `voided_at` DATETIME OPTIONS (description = 'When it was voided, local time. The one column with a year of four digits.'),
  `status` STRING OPTIONS (description = 'State of the payment. Only CAPTURED, AUTHORIZED and CAPTURE_IN_PROGRESS are money; OPEN repeats a payment that has a row of its own.'),
  `payment_type` STRING OPTIONS (description = 'Kind of payment.'),
  `cash_drawer` STRING OPTIONS (description = 'Drawer that took the cash.'),
  `card_type` STRING OPTIONS (description = 'Brand of the card.'),
  `other_type` STRING OPTIONS (description = 'Name of the payment where the type is Other, such as DoorDash.'),
  `email` STRING OPTIONS (description = 'E-mail of the guest: personal data, stored as a keyed hash.'),
  `phone` STRING OPTIONS (description = 'Phone of the guest, in mixed formats: personal data, stored as a keyed hash.'),
  `last_4_card_digits` STRING OPTIONS (description = 'Last digits of the card, as a keyed hash: equal cards still group, and no digit is stored.'),
  `v_mc_d_fees` NUMERIC OPTIONS (description = 'Card fees. Zero or empty in the nightly file; filled only in exports made days later.'),
  `room_info` STRING OPTIONS (description = 'Hotel room the payment was charged to, with its guest: stored as a keyed hash. Older exports lack it.'),
  `receipt` STRING OPTIONS (description = 'Token that opens the receipt. Dropped: a secret has no use in a table.'),
  `source` STRING OPTIONS (description = 'Where the payment was made.'),
  `last_4_gift_card_digits` STRING OPTIONS (description = 'Last digits of the gift card, as a keyed hash: with the first five they would spend it. Older exports lack it.'),
  `first_5_gift_card_digits` STRING OPTIONS (description = 'First digits of the gift card, as a keyed hash. Older exports lack it.'),
  `paid_at_utc` TIMESTAMP OPTIONS (description = 'When it was paid, in UTC.'),
  `refunded_at_utc` TIMESTAMP OPTIONS (description = 'When it was refunded, in UTC.'),
  `voided_at_utc` TIMESTAMP OPTIONS (description = 'When it was voided, in UTC.'),
  `is_successful` BOOL OPTIONS (description = 'Whether the payment is money. The others are 1 to 2 % of all rows and carry full amounts.'),
  `net_total` NUMERIC OPTIONS (description = 'The total less what was refunded since.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `payment_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `payment_type`, `status`, `order_id`
OPTIONS (description = 'One row per payment, filed under the business date on which it was paid. Payments that failed carry their full amount: sum where is_successful. A later refund changes the row of the original payment and never adds one.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`item_selection_details` (
  `location` STRING OPTIONS (description = 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.'),
  `order_id` STRING OPTIONS (description = 'Order the item belongs to.'),
  `order_number` STRING OPTIONS (description = 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.'),
  `sent_at` DATETIME OPTIONS (description = 'When it was sent to the kitchen, local time.'),
  `order_at` DATETIME OPTIONS (description = 'When the order was opened, local time.'),
  `check_id` STRING OPTIONS (description = 'Check the item is on.'),
  `server` STRING OPTIONS (description = 'Employee who owns it; online orders say Default Online Ordering.'),
  `table_name` STRING OPTIONS (description = 'Table. Free text, though Toast documents a number.'),
  `dining_area` STRING OPTIONS (description = 'Dining area of the table.'),
  `service` STRING OPTIONS (description = 'Part of the day as the restaurant configured it, such as Lunch or Late Night.'),
  `dining_option` STRING OPTIONS (description = 'Dining option of the item.'),
  `item_selection_id` STRING OPTIONS (description = 'Toast\'s id of this item on this check. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `item_id` STRING OPTIONS (description = 'Item of this location\'s menu; joins all_items_report.item_id.'),
  `master_id` STRING OPTIONS (description = 'Item across versions of the menu.'),
  `sku` STRING OPTIONS (description = 'Stock keeping unit.'),
  `plu` STRING OPTIONS (description = 'Price look-up code. Missing from Toast\'s documentation.'),
  `menu_item` STRING OPTIONS (description = 'Name of the item, in any script, emoji included.'),
  `menu_subgroups` STRING OPTIONS (description = 'Subgroup of the menu; mostly empty.'),
  `menu_group` STRING OPTIONS (description = 'Group of the menu; empty for open and deleted items.'),
  `menu` STRING OPTIONS (description = 'Menu; empty for open items.'),
  `sales_category` STRING OPTIONS (description = 'Sales category.'),
  `gross_price` NUMERIC OPTIONS (description = 'Price of the line, paid modifiers included, before discounts and without tax, even where the price includes it.'),
  `discount` NUMERIC OPTIONS (description = 'Discounts of the item itself; those of the check are in the net price alone.'),
  `net_price` NUMERIC OPTIONS (description = 'Price of the line after all discounts, those of the check included. Not always gross_price - discount.'),
  `qty` NUMERIC OPTIONS (description = 'Quantity; weighed items have decimals.'),
  `tax` NUMERIC OPTIONS (description = 'Tax with eight decimal places; Toast prints zero as 0E-8.'),
  `is_void` BOOL OPTIONS (description = 'Whether the item was voided. It keeps its price.'),
  `is_deferred` BOOL OPTIONS (description = 'Whether the sale is deferred, as that of a gift card is.'),
  `is_tax_exempt` BOOL OPTIONS (description = 'Whether the item is free of tax.'),
  `tax_inclusion_option` STRING OPTIONS (description = 'Whether the menu price includes tax.'),
  `dining_option_tax` STRING OPTIONS (description = 'What the dining option does to the tax. Text, not a number.'),
  `tab_name` STRING OPTIONS (description = 'Name on the tab: personal data, stored as a keyed hash.'),
  `sent_at_utc` TIMESTAMP OPTIONS (description = 'When it was sent to the kitchen, in UTC.'),
  `order_at_utc` TIMESTAMP OPTIONS (description = 'When the order was opened, in UTC.'),
  `unit_price` NUMERIC OPTIONS (description = 'Gross price of one; empty where the quantity is zero.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `item_selection_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `order_id`, `item_id`, `menu_group`
OPTIONS (description = 'One row per item on a check. Prices are totals of the line: multiplying them by the quantity again counts them twice. Voided items keep their price; leave them out of sums.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`all_items_report` (
  `master_id` STRING OPTIONS (description = 'Item or group across versions of the menu. Empty on rows of a menu; negative for what Toast makes up: gift cards and open items. A number such as -1 alone does not tell which.'),
  `item_id` STRING OPTIONS (description = 'Item or group of this location\'s menu. Not unique within a day.'),
  `parent_id` STRING OPTIONS (description = 'Master id of the group, on rows of items.'),
  `menu_name` STRING OPTIONS (description = 'Menu; `ALL MENUS` on the row of the grand total.'),
  `menu_group` STRING OPTIONS (description = 'Group; empty on rows of a menu and of the grand total.'),
  `subgroup` STRING OPTIONS (description = 'Subgroup; mostly empty.'),
  `menu_item` STRING OPTIONS (description = 'Item; empty on rows that are totals.'),
  `tags` STRING OPTIONS (description = 'Tags; mostly empty. Missing from Toast\'s documentation.'),
  `avg_price` FLOAT64 OPTIONS (description = 'Gross amount of one item, though Toast documents the net.'),
  `item_qty_incl_voids` NUMERIC OPTIONS (description = 'Quantity sold or voided.'),
  `pct_ttl_qty_incl_voids` FLOAT64 OPTIONS (description = 'Share of that quantity, 0 to 1.'),
  `gross_amount_incl_voids` NUMERIC OPTIONS (description = 'Gross amount and void amount together.'),
  `pct_ttl_amt_incl_voids` FLOAT64 OPTIONS (description = 'Share of that amount, 0 to 1.'),
  `item_qty` NUMERIC OPTIONS (description = 'Quantity sold, voids left out.'),
  `gross_amount` NUMERIC OPTIONS (description = 'Sales before discounts, voids left out.'),
  `void_qty` NUMERIC OPTIONS (description = 'Quantity voided.'),
  `void_amount` NUMERIC OPTIONS (description = 'Amount voided.'),
  `discount_amount` NUMERIC OPTIONS (description = 'Discounts, including those of checks, spread over their items.'),
  `net_amount` NUMERIC OPTIONS (description = 'Sales after discounts.'),
  `num_orders` INT64 OPTIONS (description = 'Orders with the item, voided ones left out.'),
  `pct_ttl_num_orders` FLOAT64 OPTIONS (description = 'Share of the orders. Can exceed 1 on a group; 0 on the grand total.'),
  `pct_qty_group` FLOAT64 OPTIONS (description = 'Share of the group\'s quantity.'),
  `pct_qty_menu` FLOAT64 OPTIONS (description = 'Share of the menu\'s quantity.'),
  `pct_qty_all` FLOAT64 OPTIONS (description = 'Share of the whole quantity.'),
  `pct_net_amt_group` FLOAT64 OPTIONS (description = 'Share of the group\'s net amount.'),
  `pct_net_amt_menu` FLOAT64 OPTIONS (description = 'Share of the menu\'s net amount.'),
  `pct_net_amt_all` FLOAT64 OPTIONS (description = 'Share of the whole net amount.'),
  `row_level` STRING OPTIONS (description = 'What the row is a total of: ALL, MENU, GROUP, SUBGROUP or ITEM; null for a row without any name, which Toast writes with zeros. Every query needs it.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.')
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `row_level`, `menu_group`, `master_id`
OPTIONS (description = 'Sales of the day by menu, group, subgroup and item, totals included as rows of their own. Filter by row_level: a sum over all rows counts every sale three to five times.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`kitchen_timings` (
  `location` STRING OPTIONS (description = 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.'),
  `ticket_id` STRING OPTIONS (description = 'Toast\'s id of the ticket, though it is documented as that of the check. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `server` STRING OPTIONS (description = 'Employee who owns it; online orders say Default Online Ordering.'),
  `check_number` STRING OPTIONS (description = 'Number of the check: the only link to it, within one business day and location.'),
  `table_name` STRING OPTIONS (description = 'Table. Free text, though Toast documents a number.'),
  `check_opened_at` DATETIME OPTIONS (description = 'When the check was opened, local time.'),
  `station` STRING OPTIONS (description = 'Station that prepared it; empty for expediters and kitchens with a single one.'),
  `expediter_level` INT64 OPTIONS (description = 'Level of the expediter, 1 or 2.'),
  `fired_at` DATETIME OPTIONS (description = 'When the kitchen got it, local time.'),
  `fulfilled_at` DATETIME OPTIONS (description = 'When it was done, local time. Empty when it never was marked so.'),
  `fulfillment_time_text` STRING OPTIONS (description = 'Time from fired to done in English words, to the second; the fired and done times have minutes only.'),
  `fulfilled_by` STRING OPTIONS (description = 'Who marked it done.'),
  `fired_at_utc` TIMESTAMP OPTIONS (description = 'When the kitchen got it, in UTC.'),
  `fulfilled_at_utc` TIMESTAMP OPTIONS (description = 'When it was done, in UTC.'),
  `fulfillment_seconds` INT64 OPTIONS (description = 'Time from fired to done.'),
  `fulfillment_minutes` NUMERIC OPTIONS (description = 'The same in minutes with one decimal: the column fulfillment_time of the script before Daybreak, which wrote 0.0 where there was none.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.')
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `station`, `check_number`
OPTIONS (description = 'One row per ticket and station of the kitchen displays. Header only where a restaurant has none.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`cash_entries` (
  `location` STRING OPTIONS (description = 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.'),
  `entry_id` STRING OPTIONS (description = 'Toast\'s id of the movement. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `created_at` DATETIME OPTIONS (description = 'When it was entered, local time.'),
  `action` STRING OPTIONS (description = 'What was done. VOID_CASH_PAYMENT takes a CASH_PAYMENT back, CASH_OUT is undone by CASH_IN, TIP_OUT by CASH_COLLECTED.'),
  `amount` NUMERIC OPTIONS (description = 'Positive adds cash to the drawer, negative takes it out.'),
  `cash_drawer` STRING OPTIONS (description = 'Drawer.'),
  `payout_reason` STRING OPTIONS (description = 'Reason of a PAY_OUT.'),
  `no_sale_reason` STRING OPTIONS (description = 'Reason of a NO_SALE. Missing from Toast\'s documentation.'),
  `comment` STRING OPTIONS (description = 'Free text.'),
  `employee` STRING OPTIONS (description = 'Who entered it.'),
  `employee_2` STRING OPTIONS (description = 'Who received the cash.'),
  `created_at_utc` TIMESTAMP OPTIONS (description = 'When it was entered, in UTC.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `entry_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `action`, `employee`
OPTIONS (description = 'One row per movement of a cash drawer. Header only where a restaurant has none.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`modifiers_selection_details` (
  `location` STRING OPTIONS (description = 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.'),
  `order_id` STRING OPTIONS (description = 'Order the modifier belongs to.'),
  `order_number` STRING OPTIONS (description = 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.'),
  `sent_at` DATETIME OPTIONS (description = 'When it was sent to the kitchen, local time.'),
  `order_at` DATETIME OPTIONS (description = 'When the order was opened, local time.'),
  `check_id` STRING OPTIONS (description = 'Check the modifier is on.'),
  `server` STRING OPTIONS (description = 'Employee who owns it; online orders say Default Online Ordering.'),
  `table_name` STRING OPTIONS (description = 'Table. Free text, though Toast documents a number.'),
  `dining_area` STRING OPTIONS (description = 'Dining area of the table.'),
  `service` STRING OPTIONS (description = 'Part of the day as the restaurant configured it, such as Lunch or Late Night.'),
  `dining_option` STRING OPTIONS (description = 'Dining option of the item.'),
  `item_selection_id` STRING OPTIONS (description = 'Toast\'s id of this modifier on this check, not of its item. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `modifier_id` STRING OPTIONS (description = 'Modifier of this location\'s menu; empty for notes.'),
  `master_id` STRING OPTIONS (description = 'Modifier across versions of the menu.'),
  `modifier_sku` STRING OPTIONS (description = 'Stock keeping unit.'),
  `modifier_plu` STRING OPTIONS (description = 'Price look-up code.'),
  `modifier` STRING OPTIONS (description = 'Name of the modifier, or what a guest asked for.'),
  `option_group_id` STRING OPTIONS (description = 'Group of the modifier; empty for notes.'),
  `option_group_name` STRING OPTIONS (description = 'Name of that group.'),
  `parent_menu_selection_item_id` STRING OPTIONS (description = 'Menu item that was modified: item_id of item_selection_details.'),
  `parent_menu_selection` STRING OPTIONS (description = 'Name of the item that was modified.'),
  `sales_category` STRING OPTIONS (description = 'Sales category.'),
  `gross_price` NUMERIC OPTIONS (description = 'Price of the line before discounts; part of the item\'s price.'),
  `discount` NUMERIC OPTIONS (description = 'Discounts.'),
  `net_price` NUMERIC OPTIONS (description = 'Price of the line after discounts; part of the item\'s price.'),
  `qty` NUMERIC OPTIONS (description = 'Quantity.'),
  `is_void` BOOL OPTIONS (description = 'Whether it was voided.'),
  `void_reason_id` STRING OPTIONS (description = 'Reason of the void.'),
  `void_reason` STRING OPTIONS (description = 'Name of that reason.'),
  `sent_at_utc` TIMESTAMP OPTIONS (description = 'When it was sent to the kitchen, in UTC.'),
  `order_at_utc` TIMESTAMP OPTIONS (description = 'When the order was opened, in UTC.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `item_selection_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `order_id`, `parent_menu_selection_item_id`
OPTIONS (description = 'One row per modifier of an item. Its prices are already inside those of the item: never add the two. Notes to the kitchen are modifiers too, so a field may hold line breaks.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`time_entries` (
  `location` STRING OPTIONS (description = 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.'),
  `location_code` STRING OPTIONS (description = 'Code of the restaurant, where one is configured.'),
  `time_entry_id` STRING OPTIONS (description = 'Toast\'s id of the shift. Text, because its 16 to 19 digits do not fit a floating point number.'),
  `time_entry_guid` STRING OPTIONS (description = 'The same as a GUID.'),
  `employee_id` STRING OPTIONS (description = 'Toast\'s id of the employee.'),
  `employee_guid` STRING OPTIONS (description = 'The same as a GUID.'),
  `employee_external_id` STRING OPTIONS (description = 'Id of the employee in another system, such as payroll.'),
  `employee` STRING OPTIONS (description = 'Name of the employee. The row also has wages, so the name is stored as a keyed hash; employee_id joins.'),
  `job_id` STRING OPTIONS (description = 'Toast\'s id of the job.'),
  `job_guid` STRING OPTIONS (description = 'The same as a GUID.'),
  `job_code` STRING OPTIONS (description = 'Code of the job.'),
  `job_title` STRING OPTIONS (description = 'Name of the job.'),
  `in_at` DATETIME OPTIONS (description = 'When the shift began, local time.'),
  `out_at` DATETIME OPTIONS (description = 'When it ended, local time; after midnight for a late shift. Empty while it lasts.'),
  `is_auto_clock_out` BOOL OPTIONS (description = 'Whether the system ended the shift at the closeout hour. Printed as Yes and No.'),
  `total_hours` NUMERIC OPTIONS (description = 'Hours from in to out.'),
  `unpaid_break_time` NUMERIC OPTIONS (description = 'Unpaid breaks.'),
  `paid_break_time` NUMERIC OPTIONS (description = 'Paid breaks.'),
  `payable_hours` NUMERIC OPTIONS (description = 'Hours that are paid.'),
  `cash_tips_declared` NUMERIC OPTIONS (description = 'Cash tips the employee declared. Empty when none were asked for.'),
  `non_cash_tips` NUMERIC OPTIONS (description = 'Tips paid by card.'),
  `total_gratuity` NUMERIC OPTIONS (description = 'Gratuity.'),
  `total_tips` NUMERIC OPTIONS (description = 'Tips, cash and card.'),
  `tips_withheld` NUMERIC OPTIONS (description = 'Tips kept back for fees.'),
  `wage` NUMERIC OPTIONS (description = 'Pay for one hour. Empty where the restaurant does not keep wages in Toast.'),
  `regular_hours` NUMERIC OPTIONS (description = 'Hours at the regular rate.'),
  `overtime_hours` NUMERIC OPTIONS (description = 'Hours at the overtime rate.'),
  `regular_pay` NUMERIC OPTIONS (description = 'Pay for the regular hours.'),
  `overtime_pay` NUMERIC OPTIONS (description = 'Pay for the overtime hours.'),
  `total_pay` NUMERIC OPTIONS (description = 'Pay for the shift.'),
  `in_at_utc` TIMESTAMP OPTIONS (description = 'When the shift began, in UTC.'),
  `out_at_utc` TIMESTAMP OPTIONS (description = 'When the shift ended, in UTC.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `time_entry_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`, `job_title`, `employee_id`
OPTIONS (description = 'One row per shift of an employee, filed under the business date it started on. Needed for labour cost.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');

CREATE TABLE IF NOT EXISTS `toast`.`house_account_export` (
  `house_account_guid` STRING OPTIONS (description = 'Toast\'s id of the account, as a keyed hash: an account may be a person.'),
  `customer_number` STRING OPTIONS (description = 'Number of the customer that the account belongs to, as a keyed hash.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `house_account_guid`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `location_id`
OPTIONS (description = 'One row per house account of the restaurant, as it was when the file was written. Header only where there are none.', require_partition_filter = TRUE);
CREATE TABLE IF NOT EXISTS `toast`.`_loads` (
  `job_id` STRING OPTIONS (description = 'Id of the load job.'),
  `table_name` STRING OPTIONS (description = 'Table that was loaded.'),
  `business_date` DATE OPTIONS (description = 'Partition that was loaded.'),
  `run_id` STRING OPTIONS (description = 'Run that started the job.'),
  `loaded_at` TIMESTAMP OPTIONS (description = 'When the job ended, UTC.'),
  `row_count` INT64 OPTIONS (description = 'Rows of the partition after it.'),
  `totals` STRING OPTIONS (description = 'Exact sums of its columns, as JSON.')
)
PARTITION BY `business_date`
CLUSTER BY `table_name`
OPTIONS (description = 'One row per load of a partition; the newest of a table and date says which run its rows are from.');
