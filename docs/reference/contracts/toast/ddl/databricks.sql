CREATE SCHEMA IF NOT EXISTS `toast`;
USE SCHEMA `toast`;

CREATE TABLE IF NOT EXISTS `toast`.`order_details` (
  `location` STRING COMMENT 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.',
  `order_id` STRING NOT NULL COMMENT 'Toast\'s id of the order. Text, because its 16 to 19 digits do not fit a floating point number.',
  `order_number` STRING COMMENT 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.',
  `checks` STRING COMMENT 'Numbers of the order\'s checks, joined with a comma and a blank: `1, 4`.',
  `opened_at` TIMESTAMP_NTZ NOT NULL COMMENT 'When the order was opened, local time. For an order placed ahead it is the promised time.',
  `guest_count` BIGINT COMMENT 'Guests; 0 is possible.',
  `tab_names` STRING COMMENT 'Names on the tabs, often the card holder\'s: personal data, stored as a keyed hash.',
  `server` STRING COMMENT 'Employee who owns it; online orders say Default Online Ordering.',
  `table_name` STRING COMMENT 'Table. Free text, though Toast documents a number.',
  `revenue_center` STRING COMMENT 'Revenue center. The text `None` is a value, not an absence.',
  `dining_area` STRING COMMENT 'Dining area of the table.',
  `service` STRING COMMENT 'Part of the day as the restaurant configured it, such as Lunch or Late Night.',
  `dining_options` STRING COMMENT 'One dining option per check, joined with a comma and a blank.',
  `discount_amount` DECIMAL(18,4) COMMENT 'Discounts of the order and of its items.',
  `amount` DECIMAL(18,4) NOT NULL COMMENT 'Net sales: after discounts, before tax, tip and gratuity.',
  `tax` DECIMAL(18,4) COMMENT 'Tax.',
  `tip` DECIMAL(18,4) COMMENT 'Tips, as far as they were known when the file was written.',
  `gratuity` DECIMAL(18,4) COMMENT 'Automatic gratuity and service charges that count as one.',
  `total` DECIMAL(18,4) NOT NULL COMMENT 'What the guests owe: amount + tax + tip + gratuity.',
  `is_voided` BOOLEAN COMMENT 'Whether the whole order was voided; its money is then zero.',
  `paid_at` TIMESTAMP_NTZ COMMENT 'When it was paid, local time. Empty when it never was; before opened_at for orders placed ahead.',
  `closed_at` TIMESTAMP_NTZ COMMENT 'When it was closed, local time. Empty when it never was.',
  `duration_opened_to_paid_text` STRING COMMENT 'Time from opening to payment as Toast prints it. Not a time of day: hours exceed 24, and each part has a sign of its own.',
  `order_source` STRING COMMENT 'Where the order came from.',
  `opened_at_utc` TIMESTAMP COMMENT 'When the order was opened, in UTC.',
  `paid_at_utc` TIMESTAMP COMMENT 'When the order was paid, in UTC.',
  `closed_at_utc` TIMESTAMP COMMENT 'When the order was closed, in UTC.',
  `duration_opened_to_paid_seconds` BIGINT COMMENT 'Time from opening to payment; negative when it was paid before it was opened, as orders placed ahead are.',
  `duration_opened_to_paid_minutes` DECIMAL(18,1) COMMENT 'The same in minutes with one decimal, as the script before Daybreak stored it.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `order_details_pk` PRIMARY KEY (`business_date`, `location_id`, `order_id`)
)
CLUSTER BY (`business_date`, `location_id`, `order_id`, `server`)
COMMENT 'One row per order of the business day, as Toast knew it when the file was written. Tips and refunds may still change afterwards; the file does not say so.';
ALTER TABLE `toast`.`order_details` ADD CONSTRAINT `order_details_order_id_pattern` CHECK (`order_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`check_details` (
  `customer_id` STRING COMMENT 'Guest, where known. Stored as a keyed hash: the same guest keeps the same value.',
  `customer` STRING COMMENT 'Name of the guest: personal data, stored as a keyed hash.',
  `customer_phone` STRING COMMENT 'Phone of the guest: personal data, stored as a keyed hash.',
  `customer_email` STRING COMMENT 'E-mail of the guest: personal data, stored as a keyed hash.',
  `location_code` STRING COMMENT 'Code of the restaurant, where one is configured. This file has no name of the location.',
  `opened_date` DATE COMMENT 'Local day on which the check was opened. Empty for checks without items.',
  `opened_time` STRING COMMENT 'Local time at which the check was opened.',
  `item_description` STRING COMMENT 'Names of the items, joined with a comma and a blank. Names hold commas themselves: never split it.',
  `server` STRING COMMENT 'Employee who owns it; online orders say Default Online Ordering.',
  `tax` DECIMAL(18,4) COMMENT 'Tax.',
  `tender` STRING COMMENT 'Kind of the first payment only; a check paid in two ways shows one. Empty when the total is zero.',
  `check_id` STRING NOT NULL COMMENT 'Toast\'s id of the check. Text, because its 16 to 19 digits do not fit a floating point number.',
  `check_number` STRING COMMENT 'Number of the check within the business day.',
  `total` DECIMAL(18,4) NOT NULL COMMENT 'What was paid: tax, tip and gratuity included. The sum of the successful payments.',
  `customer_family` STRING COMMENT 'Always empty; Toast says it is not used.',
  `table_size` BIGINT COMMENT 'Guests of the check.',
  `discount` DECIMAL(18,4) COMMENT 'Discounts of the check and of its items.',
  `reason_of_discount` STRING COMMENT 'Names of the discounts, joined with a comma and a blank.',
  `link` STRING COMMENT 'Address of the receipt. It opens the receipt without a login, so it is dropped.',
  `opened_at` TIMESTAMP_NTZ COMMENT 'When the check was opened, local time. Empty for checks without items.',
  `opened_at_utc` TIMESTAMP COMMENT 'When the check was opened, in UTC.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `check_details_pk` PRIMARY KEY (`business_date`, `location_id`, `check_id`)
)
CLUSTER BY (`business_date`, `location_id`, `check_id`, `server`)
COMMENT 'One row per check. An order has one check or several; checks carry the guest and the discounts\' reasons.';
ALTER TABLE `toast`.`check_details` ADD CONSTRAINT `check_details_check_id_pattern` CHECK (`check_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`payment_details` (
  `location` STRING COMMENT 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.',
  `payment_id` STRING NOT NULL COMMENT 'Toast\'s id of the payment. Text, because its 16 to 19 digits do not fit a floating point number.',
  `order_id` STRING NOT NULL COMMENT 'Order that was paid. For an order placed ahead it stands in another day\'s file.',
  `order_number` STRING COMMENT 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.',
  `paid_at` TIMESTAMP_NTZ NOT NULL COMMENT 'When it was paid, local time.',
  `order_at` TIMESTAMP_NTZ COMMENT 'When the order was opened, local time.',
  `check_id` STRING COMMENT 'Check that was paid.',
  `check_number` STRING COMMENT 'Number of the check within the business day.',
  `tab_name` STRING COMMENT 'Name on the tab: personal data, stored as a keyed hash.',
  `server` STRING COMMENT 'Employee who owns it; online orders say Default Online Ordering.',
  `table_name` STRING COMMENT 'Table. Free text, though Toast documents a number.',
  `dining_area` STRING COMMENT 'Dining area of the table.',
  `service` STRING COMMENT 'Part of the day as the restaurant configured it, such as Lunch or Late Night.',
  `dining_option` STRING COMMENT 'Dining option of the check.',
  `house_account_number` STRING COMMENT 'House account that was charged. It names a customer, so it is stored as a keyed hash.',
  `amount` DECIMAL(18,4) NOT NULL COMMENT 'Paid for the check, tax included, tip and gratuity not. Negative for cash given back.',
  `tip` DECIMAL(18,4) COMMENT 'Tip.',
  `gratuity` DECIMAL(18,4) COMMENT 'Gratuity.',
  `total` DECIMAL(18,4) NOT NULL COMMENT 'amount + tip + gratuity.',
  `swiped_card_amount` DECIMAL(18,4) COMMENT 'Part paid with a card that was present.',
  `keyed_card_amount` DECIMAL(18,4) COMMENT 'Part paid with a card number that was typed in.',
  `amount_tendered` DECIMAL(18,4) COMMENT 'Cash handed over; zero for other payments.',
  `refund_status` STRING COMMENT 'NONE or FULL. Unreliable: most refunded payments still say NONE; look at refund_amount.',
  `refunded_at` TIMESTAMP_NTZ COMMENT 'When it was refunded, local time: days after paid_at.',
  `refund_amount` DECIMAL(18,4) COMMENT 'Refunded without the tip. Empty, not zero, when nothing was.',
  `refund_tip_amount` DECIMAL(18,4) COMMENT 'Tip refunded. Empty when nothing was.',
  `void_user` STRING COMMENT 'Who voided it. Holds an employee\'s e-mail address, so it is stored as a keyed hash.',
  `void_approver` STRING COMMENT 'Who approved the void. Stored as a keyed hash, as void_user is.',
  `voided_at` TIMESTAMP_NTZ COMMENT 'When it was voided, local time. The one column with a year of four digits.',
  `status` STRING COMMENT 'State of the payment. Only CAPTURED, AUTHORIZED and CAPTURE_IN_PROGRESS are money; OPEN repeats a payment that has a row of its own.',
  `payment_type` STRING COMMENT 'Kind of payment.',
  `cash_drawer` STRING COMMENT 'Drawer that took the cash.',
  `card_type` STRING COMMENT 'Brand of the card.',
  `other_type` STRING COMMENT 'Name of the payment where the type is Other, such as DoorDash.',
  `email` STRING COMMENT 'E-mail of the guest: personal data, stored as a keyed hash.',
  `phone` STRING COMMENT 'Phone of the guest, in mixed formats: personal data, stored as a keyed hash.',
  `last_4_card_digits` STRING COMMENT 'Last digits of the card, as a keyed hash: equal cards still group, and no digit is stored.',
  `v_mc_d_fees` DECIMAL(18,4) COMMENT 'Card fees. Zero or empty in the nightly file; filled only in exports made days later.',
  `room_info` STRING COMMENT 'Hotel room the payment was charged to, with its guest: stored as a keyed hash. Older exports lack it.',
  `receipt` STRING COMMENT 'Token that opens the receipt. Dropped: a secret has no use in a table.',
  `source` STRING COMMENT 'Where the payment was made.',
  `last_4_gift_card_digits` STRING COMMENT 'Last digits of the gift card, as a keyed hash: with the first five they would spend it. Older exports lack it.',
  `first_5_gift_card_digits` STRING COMMENT 'First digits of the gift card, as a keyed hash. Older exports lack it.',
  `paid_at_utc` TIMESTAMP COMMENT 'When it was paid, in UTC.',
  `refunded_at_utc` TIMESTAMP COMMENT 'When it was refunded, in UTC.',
  `voided_at_utc` TIMESTAMP COMMENT 'When it was voided, in UTC.',
  `is_successful` BOOLEAN COMMENT 'Whether the payment is money. The others are 1 to 2 % of all rows and carry full amounts.',
  `net_total` DECIMAL(18,4) COMMENT 'The total less what was refunded since.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `payment_details_pk` PRIMARY KEY (`business_date`, `location_id`, `payment_id`)
)
CLUSTER BY (`business_date`, `location_id`, `payment_type`, `status`)
COMMENT 'One row per payment, filed under the business date on which it was paid. Payments that failed carry their full amount: sum where is_successful. A later refund changes the row of the original payment and never adds one.';
ALTER TABLE `toast`.`payment_details` ADD CONSTRAINT `payment_details_payment_id_pattern` CHECK (`payment_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`payment_details` ADD CONSTRAINT `payment_details_order_id_pattern` CHECK (`order_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`payment_details` ADD CONSTRAINT `payment_details_check_id_pattern` CHECK (`check_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`item_selection_details` (
  `location` STRING COMMENT 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.',
  `order_id` STRING NOT NULL COMMENT 'Order the item belongs to.',
  `order_number` STRING COMMENT 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.',
  `sent_at` TIMESTAMP_NTZ COMMENT 'When it was sent to the kitchen, local time.',
  `order_at` TIMESTAMP_NTZ COMMENT 'When the order was opened, local time.',
  `check_id` STRING COMMENT 'Check the item is on.',
  `server` STRING COMMENT 'Employee who owns it; online orders say Default Online Ordering.',
  `table_name` STRING COMMENT 'Table. Free text, though Toast documents a number.',
  `dining_area` STRING COMMENT 'Dining area of the table.',
  `service` STRING COMMENT 'Part of the day as the restaurant configured it, such as Lunch or Late Night.',
  `dining_option` STRING COMMENT 'Dining option of the item.',
  `item_selection_id` STRING NOT NULL COMMENT 'Toast\'s id of this item on this check. Text, because its 16 to 19 digits do not fit a floating point number.',
  `item_id` STRING COMMENT 'Item of this location\'s menu; joins all_items_report.item_id.',
  `master_id` STRING COMMENT 'Item across versions of the menu.',
  `sku` STRING COMMENT 'Stock keeping unit.',
  `plu` STRING COMMENT 'Price look-up code. Missing from Toast\'s documentation.',
  `menu_item` STRING COMMENT 'Name of the item, in any script, emoji included.',
  `menu_subgroups` STRING COMMENT 'Subgroup of the menu; mostly empty.',
  `menu_group` STRING COMMENT 'Group of the menu; empty for open and deleted items.',
  `menu` STRING COMMENT 'Menu; empty for open items.',
  `sales_category` STRING COMMENT 'Sales category.',
  `gross_price` DECIMAL(18,4) NOT NULL COMMENT 'Price of the line, paid modifiers included, before discounts and without tax, even where the price includes it.',
  `discount` DECIMAL(18,4) COMMENT 'Discounts of the item itself; those of the check are in the net price alone.',
  `net_price` DECIMAL(18,4) NOT NULL COMMENT 'Price of the line after all discounts, those of the check included. Not always gross_price - discount.',
  `qty` DECIMAL(18,4) NOT NULL COMMENT 'Quantity; weighed items have decimals.',
  `tax` DECIMAL(18,8) COMMENT 'Tax with eight decimal places; Toast prints zero as 0E-8.',
  `is_void` BOOLEAN COMMENT 'Whether the item was voided. It keeps its price.',
  `is_deferred` BOOLEAN COMMENT 'Whether the sale is deferred, as that of a gift card is.',
  `is_tax_exempt` BOOLEAN COMMENT 'Whether the item is free of tax.',
  `tax_inclusion_option` STRING COMMENT 'Whether the menu price includes tax.',
  `dining_option_tax` STRING COMMENT 'What the dining option does to the tax. Text, not a number.',
  `tab_name` STRING COMMENT 'Name on the tab: personal data, stored as a keyed hash.',
  `sent_at_utc` TIMESTAMP COMMENT 'When it was sent to the kitchen, in UTC.',
  `order_at_utc` TIMESTAMP COMMENT 'When the order was opened, in UTC.',
  `unit_price` DECIMAL(38,9) COMMENT 'Gross price of one; empty where the quantity is zero.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `item_selection_details_pk` PRIMARY KEY (`business_date`, `location_id`, `item_selection_id`)
)
CLUSTER BY (`business_date`, `location_id`, `order_id`, `item_id`)
COMMENT 'One row per item on a check. Prices are totals of the line: multiplying them by the quantity again counts them twice. Voided items keep their price; leave them out of sums.';
ALTER TABLE `toast`.`item_selection_details` ADD CONSTRAINT `item_selection_details_order_id_pattern` CHECK (`order_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`item_selection_details` ADD CONSTRAINT `item_selection_details_check_id_pattern` CHECK (`check_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`item_selection_details` ADD CONSTRAINT `item_selection_details_item_selection_id_pattern` CHECK (`item_selection_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`item_selection_details` ADD CONSTRAINT `item_selection_details_item_id_pattern` CHECK (`item_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`item_selection_details` ADD CONSTRAINT `item_selection_details_master_id_pattern` CHECK (`master_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`all_items_report` (
  `master_id` STRING COMMENT 'Item or group across versions of the menu. Empty on rows of a menu; negative for what Toast makes up: gift cards and open items. A number such as -1 alone does not tell which.',
  `item_id` STRING COMMENT 'Item or group of this location\'s menu. Not unique within a day.',
  `parent_id` STRING COMMENT 'Master id of the group, on rows of items.',
  `menu_name` STRING COMMENT 'Menu; `ALL MENUS` on the row of the grand total.',
  `menu_group` STRING COMMENT 'Group; empty on rows of a menu and of the grand total.',
  `subgroup` STRING COMMENT 'Subgroup; mostly empty.',
  `menu_item` STRING COMMENT 'Item; empty on rows that are totals.',
  `tags` STRING COMMENT 'Tags; mostly empty. Missing from Toast\'s documentation.',
  `avg_price` DOUBLE COMMENT 'Gross amount of one item, though Toast documents the net.',
  `item_qty_incl_voids` DECIMAL(18,4) COMMENT 'Quantity sold or voided.',
  `pct_ttl_qty_incl_voids` DOUBLE COMMENT 'Share of that quantity, 0 to 1.',
  `gross_amount_incl_voids` DECIMAL(18,4) COMMENT 'Gross amount and void amount together.',
  `pct_ttl_amt_incl_voids` DOUBLE COMMENT 'Share of that amount, 0 to 1.',
  `item_qty` DECIMAL(18,4) NOT NULL COMMENT 'Quantity sold, voids left out.',
  `gross_amount` DECIMAL(18,4) COMMENT 'Sales before discounts, voids left out.',
  `void_qty` DECIMAL(18,4) COMMENT 'Quantity voided.',
  `void_amount` DECIMAL(18,4) COMMENT 'Amount voided.',
  `discount_amount` DECIMAL(18,4) COMMENT 'Discounts, including those of checks, spread over their items.',
  `net_amount` DECIMAL(18,4) NOT NULL COMMENT 'Sales after discounts.',
  `num_orders` BIGINT COMMENT 'Orders with the item, voided ones left out.',
  `pct_ttl_num_orders` DOUBLE COMMENT 'Share of the orders. Can exceed 1 on a group; 0 on the grand total.',
  `pct_qty_group` DOUBLE COMMENT 'Share of the group\'s quantity.',
  `pct_qty_menu` DOUBLE COMMENT 'Share of the menu\'s quantity.',
  `pct_qty_all` DOUBLE COMMENT 'Share of the whole quantity.',
  `pct_net_amt_group` DOUBLE COMMENT 'Share of the group\'s net amount.',
  `pct_net_amt_menu` DOUBLE COMMENT 'Share of the menu\'s net amount.',
  `pct_net_amt_all` DOUBLE COMMENT 'Share of the whole net amount.',
  `row_level` STRING COMMENT 'What the row is a total of: ALL, MENU, GROUP, SUBGROUP or ITEM; null for a row without any name, which Toast writes with zeros. Every query needs it.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.'
)
CLUSTER BY (`business_date`, `location_id`, `row_level`, `menu_group`)
COMMENT 'Sales of the day by menu, group, subgroup and item, totals included as rows of their own. Filter by row_level: a sum over all rows counts every sale three to five times.';

CREATE TABLE IF NOT EXISTS `toast`.`kitchen_timings` (
  `location` STRING COMMENT 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.',
  `ticket_id` STRING NOT NULL COMMENT 'Toast\'s id of the ticket, though it is documented as that of the check. Text, because its 16 to 19 digits do not fit a floating point number.',
  `server` STRING COMMENT 'Employee who owns it; online orders say Default Online Ordering.',
  `check_number` STRING COMMENT 'Number of the check: the only link to it, within one business day and location.',
  `table_name` STRING COMMENT 'Table. Free text, though Toast documents a number.',
  `check_opened_at` TIMESTAMP_NTZ COMMENT 'When the check was opened, local time.',
  `station` STRING COMMENT 'Station that prepared it; empty for expediters and kitchens with a single one.',
  `expediter_level` BIGINT COMMENT 'Level of the expediter, 1 or 2.',
  `fired_at` TIMESTAMP_NTZ COMMENT 'When the kitchen got it, local time.',
  `fulfilled_at` TIMESTAMP_NTZ COMMENT 'When it was done, local time. Empty when it never was marked so.',
  `fulfillment_time_text` STRING COMMENT 'Time from fired to done in English words, to the second; the fired and done times have minutes only.',
  `fulfilled_by` STRING COMMENT 'Who marked it done.',
  `fired_at_utc` TIMESTAMP COMMENT 'When the kitchen got it, in UTC.',
  `fulfilled_at_utc` TIMESTAMP COMMENT 'When it was done, in UTC.',
  `fulfillment_seconds` BIGINT COMMENT 'Time from fired to done.',
  `fulfillment_minutes` DECIMAL(18,1) COMMENT 'The same in minutes with one decimal: the column fulfillment_time of the script before Daybreak, which wrote 0.0 where there was none.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.'
)
CLUSTER BY (`business_date`, `location_id`, `station`, `check_number`)
COMMENT 'One row per ticket and station of the kitchen displays. Header only where a restaurant has none.';
ALTER TABLE `toast`.`kitchen_timings` ADD CONSTRAINT `kitchen_timings_ticket_id_pattern` CHECK (`ticket_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`cash_entries` (
  `location` STRING COMMENT 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.',
  `entry_id` STRING NOT NULL COMMENT 'Toast\'s id of the movement. Text, because its 16 to 19 digits do not fit a floating point number.',
  `created_at` TIMESTAMP_NTZ NOT NULL COMMENT 'When it was entered, local time.',
  `action` STRING COMMENT 'What was done. VOID_CASH_PAYMENT takes a CASH_PAYMENT back, CASH_OUT is undone by CASH_IN, TIP_OUT by CASH_COLLECTED.',
  `amount` DECIMAL(18,4) COMMENT 'Positive adds cash to the drawer, negative takes it out.',
  `cash_drawer` STRING COMMENT 'Drawer.',
  `payout_reason` STRING COMMENT 'Reason of a PAY_OUT.',
  `no_sale_reason` STRING COMMENT 'Reason of a NO_SALE. Missing from Toast\'s documentation.',
  `comment` STRING COMMENT 'Free text.',
  `employee` STRING COMMENT 'Who entered it.',
  `employee_2` STRING COMMENT 'Who received the cash.',
  `created_at_utc` TIMESTAMP COMMENT 'When it was entered, in UTC.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `cash_entries_pk` PRIMARY KEY (`business_date`, `location_id`, `entry_id`)
)
CLUSTER BY (`business_date`, `location_id`, `action`, `employee`)
COMMENT 'One row per movement of a cash drawer. Header only where a restaurant has none.';
ALTER TABLE `toast`.`cash_entries` ADD CONSTRAINT `cash_entries_entry_id_pattern` CHECK (`entry_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`modifiers_selection_details` (
  `location` STRING COMMENT 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.',
  `order_id` STRING NOT NULL COMMENT 'Order the modifier belongs to.',
  `order_number` STRING COMMENT 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.',
  `sent_at` TIMESTAMP_NTZ COMMENT 'When it was sent to the kitchen, local time.',
  `order_at` TIMESTAMP_NTZ COMMENT 'When the order was opened, local time.',
  `check_id` STRING COMMENT 'Check the modifier is on.',
  `server` STRING COMMENT 'Employee who owns it; online orders say Default Online Ordering.',
  `table_name` STRING COMMENT 'Table. Free text, though Toast documents a number.',
  `dining_area` STRING COMMENT 'Dining area of the table.',
  `service` STRING COMMENT 'Part of the day as the restaurant configured it, such as Lunch or Late Night.',
  `dining_option` STRING COMMENT 'Dining option of the item.',
  `item_selection_id` STRING NOT NULL COMMENT 'Toast\'s id of this modifier on this check, not of its item. Text, because its 16 to 19 digits do not fit a floating point number.',
  `modifier_id` STRING COMMENT 'Modifier of this location\'s menu; empty for notes.',
  `master_id` STRING COMMENT 'Modifier across versions of the menu.',
  `modifier_sku` STRING COMMENT 'Stock keeping unit.',
  `modifier_plu` STRING COMMENT 'Price look-up code.',
  `modifier` STRING COMMENT 'Name of the modifier, or what a guest asked for.',
  `option_group_id` STRING COMMENT 'Group of the modifier; empty for notes.',
  `option_group_name` STRING COMMENT 'Name of that group.',
  `parent_menu_selection_item_id` STRING COMMENT 'Menu item that was modified: item_id of item_selection_details.',
  `parent_menu_selection` STRING COMMENT 'Name of the item that was modified.',
  `sales_category` STRING COMMENT 'Sales category.',
  `gross_price` DECIMAL(18,4) NOT NULL COMMENT 'Price of the line before discounts; part of the item\'s price.',
  `discount` DECIMAL(18,4) COMMENT 'Discounts.',
  `net_price` DECIMAL(18,4) NOT NULL COMMENT 'Price of the line after discounts; part of the item\'s price.',
  `qty` DECIMAL(18,4) NOT NULL COMMENT 'Quantity.',
  `is_void` BOOLEAN COMMENT 'Whether it was voided.',
  `void_reason_id` STRING COMMENT 'Reason of the void.',
  `void_reason` STRING COMMENT 'Name of that reason.',
  `sent_at_utc` TIMESTAMP COMMENT 'When it was sent to the kitchen, in UTC.',
  `order_at_utc` TIMESTAMP COMMENT 'When the order was opened, in UTC.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `modifiers_selection_details_pk` PRIMARY KEY (`business_date`, `location_id`, `item_selection_id`)
)
CLUSTER BY (`business_date`, `location_id`, `order_id`, `parent_menu_selection_item_id`)
COMMENT 'One row per modifier of an item. Its prices are already inside those of the item: never add the two. Notes to the kitchen are modifiers too, so a field may hold line breaks.';
ALTER TABLE `toast`.`modifiers_selection_details` ADD CONSTRAINT `modifiers_selection_details_order_id_pattern` CHECK (`order_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`modifiers_selection_details` ADD CONSTRAINT `modifiers_selection_details_check_id_pattern` CHECK (`check_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`modifiers_selection_details` ADD CONSTRAINT `modifiers_selection_details_item_selection_id_pattern` CHECK (`item_selection_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`modifiers_selection_details` ADD CONSTRAINT `modifiers_selection_details_parent_menu_selection_item_c6c906bb` CHECK (`parent_menu_selection_item_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`time_entries` (
  `location` STRING COMMENT 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.',
  `location_code` STRING COMMENT 'Code of the restaurant, where one is configured.',
  `time_entry_id` STRING NOT NULL COMMENT 'Toast\'s id of the shift. Text, because its 16 to 19 digits do not fit a floating point number.',
  `time_entry_guid` STRING COMMENT 'The same as a GUID.',
  `employee_id` STRING COMMENT 'Toast\'s id of the employee.',
  `employee_guid` STRING COMMENT 'The same as a GUID.',
  `employee_external_id` STRING COMMENT 'Id of the employee in another system, such as payroll.',
  `employee` STRING COMMENT 'Name of the employee. The row also has wages, so the name is stored as a keyed hash; employee_id joins.',
  `job_id` STRING COMMENT 'Toast\'s id of the job.',
  `job_guid` STRING COMMENT 'The same as a GUID.',
  `job_code` STRING COMMENT 'Code of the job.',
  `job_title` STRING COMMENT 'Name of the job.',
  `in_at` TIMESTAMP_NTZ NOT NULL COMMENT 'When the shift began, local time.',
  `out_at` TIMESTAMP_NTZ COMMENT 'When it ended, local time; after midnight for a late shift. Empty while it lasts.',
  `is_auto_clock_out` BOOLEAN COMMENT 'Whether the system ended the shift at the closeout hour. Printed as Yes and No.',
  `total_hours` DECIMAL(18,4) COMMENT 'Hours from in to out.',
  `unpaid_break_time` DECIMAL(18,4) COMMENT 'Unpaid breaks.',
  `paid_break_time` DECIMAL(18,4) COMMENT 'Paid breaks.',
  `payable_hours` DECIMAL(18,4) COMMENT 'Hours that are paid.',
  `cash_tips_declared` DECIMAL(18,4) COMMENT 'Cash tips the employee declared. Empty when none were asked for.',
  `non_cash_tips` DECIMAL(18,4) COMMENT 'Tips paid by card.',
  `total_gratuity` DECIMAL(18,4) COMMENT 'Gratuity.',
  `total_tips` DECIMAL(18,4) COMMENT 'Tips, cash and card.',
  `tips_withheld` DECIMAL(18,4) COMMENT 'Tips kept back for fees.',
  `wage` DECIMAL(18,4) COMMENT 'Pay for one hour. Empty where the restaurant does not keep wages in Toast.',
  `regular_hours` DECIMAL(18,4) COMMENT 'Hours at the regular rate.',
  `overtime_hours` DECIMAL(18,4) COMMENT 'Hours at the overtime rate.',
  `regular_pay` DECIMAL(18,4) COMMENT 'Pay for the regular hours.',
  `overtime_pay` DECIMAL(18,4) COMMENT 'Pay for the overtime hours.',
  `total_pay` DECIMAL(18,4) COMMENT 'Pay for the shift.',
  `in_at_utc` TIMESTAMP COMMENT 'When the shift began, in UTC.',
  `out_at_utc` TIMESTAMP COMMENT 'When the shift ended, in UTC.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `time_entries_pk` PRIMARY KEY (`business_date`, `location_id`, `time_entry_id`)
)
CLUSTER BY (`business_date`, `location_id`, `job_title`, `employee_id`)
COMMENT 'One row per shift of an employee, filed under the business date it started on. Needed for labour cost.';
ALTER TABLE `toast`.`time_entries` ADD CONSTRAINT `time_entries_time_entry_id_pattern` CHECK (`time_entry_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`time_entries` ADD CONSTRAINT `time_entries_employee_id_pattern` CHECK (`employee_id` RLIKE '^(?:-?[0-9]{1,20})$');
ALTER TABLE `toast`.`time_entries` ADD CONSTRAINT `time_entries_job_id_pattern` CHECK (`job_id` RLIKE '^(?:-?[0-9]{1,20})$');

CREATE TABLE IF NOT EXISTS `toast`.`house_account_export` (
  `house_account_guid` STRING NOT NULL COMMENT 'Toast\'s id of the account, as a keyed hash: an account may be a person.',
  `customer_number` STRING COMMENT 'Number of the customer that the account belongs to, as a keyed hash.',
  `location_id` STRING NOT NULL COMMENT 'Export id of the location: the folder the file came from.',
  `business_date` DATE NOT NULL COMMENT 'Business date of the location: the name of the day folder.',
  `_source_file` STRING COMMENT 'Path of the file at the source.',
  `_row_number` BIGINT COMMENT 'Line of the first character of the record in the file, from 1; in JSON the number of the row.',
  `_raw_sha256` STRING COMMENT 'SHA-256 of the raw file, in hexadecimal.',
  `_run_id` STRING COMMENT 'Run that loaded the row.',
  `_loaded_at` TIMESTAMP COMMENT 'When the row was loaded, UTC.',
  CONSTRAINT `house_account_export_pk` PRIMARY KEY (`business_date`, `location_id`, `house_account_guid`)
)
CLUSTER BY (`business_date`, `location_id`)
COMMENT 'One row per house account of the restaurant, as it was when the file was written. Header only where there are none.';
