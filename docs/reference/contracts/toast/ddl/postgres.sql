CREATE SCHEMA IF NOT EXISTS "toast";

CREATE TABLE IF NOT EXISTS "toast"."order_details" (
  "location" text,
  "order_id" text NOT NULL,
  "order_number" text,
  "checks" text,
  "opened_at" timestamp NOT NULL,
  "guest_count" bigint,
  "tab_names" text,
  "server" text,
  "table_name" text,
  "revenue_center" text,
  "dining_area" text,
  "service" text,
  "dining_options" text,
  "discount_amount" numeric(18,4),
  "amount" numeric(18,4) NOT NULL,
  "tax" numeric(18,4),
  "tip" numeric(18,4),
  "gratuity" numeric(18,4),
  "total" numeric(18,4) NOT NULL,
  "is_voided" boolean,
  "paid_at" timestamp,
  "closed_at" timestamp,
  "duration_opened_to_paid_text" text,
  "order_source" text,
  "opened_at_utc" timestamptz,
  "paid_at_utc" timestamptz,
  "closed_at_utc" timestamptz,
  "duration_opened_to_paid_seconds" bigint,
  "duration_opened_to_paid_minutes" numeric(18,1),
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "order_details_pk" PRIMARY KEY ("business_date", "location_id", "order_id"),
  CONSTRAINT "order_details_order_id_pattern" CHECK ("order_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."order_details" IS 'One row per order of the business day, as Toast knew it when the file was written. Tips and refunds may still change afterwards; the file does not say so.';
COMMENT ON COLUMN "toast"."order_details"."location" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "toast"."order_details"."order_id" IS 'Toast''s id of the order. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."order_details"."order_number" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "toast"."order_details"."checks" IS 'Numbers of the order''s checks, joined with a comma and a blank: `1, 4`.';
COMMENT ON COLUMN "toast"."order_details"."opened_at" IS 'When the order was opened, local time. For an order placed ahead it is the promised time.';
COMMENT ON COLUMN "toast"."order_details"."guest_count" IS 'Guests; 0 is possible.';
COMMENT ON COLUMN "toast"."order_details"."tab_names" IS 'Names on the tabs, often the card holder''s: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."order_details"."server" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "toast"."order_details"."table_name" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "toast"."order_details"."revenue_center" IS 'Revenue center. The text `None` is a value, not an absence.';
COMMENT ON COLUMN "toast"."order_details"."dining_area" IS 'Dining area of the table.';
COMMENT ON COLUMN "toast"."order_details"."service" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "toast"."order_details"."dining_options" IS 'One dining option per check, joined with a comma and a blank.';
COMMENT ON COLUMN "toast"."order_details"."discount_amount" IS 'Discounts of the order and of its items.';
COMMENT ON COLUMN "toast"."order_details"."amount" IS 'Net sales: after discounts, before tax, tip and gratuity.';
COMMENT ON COLUMN "toast"."order_details"."tax" IS 'Tax.';
COMMENT ON COLUMN "toast"."order_details"."tip" IS 'Tips, as far as they were known when the file was written.';
COMMENT ON COLUMN "toast"."order_details"."gratuity" IS 'Automatic gratuity and service charges that count as one.';
COMMENT ON COLUMN "toast"."order_details"."total" IS 'What the guests owe: amount + tax + tip + gratuity.';
COMMENT ON COLUMN "toast"."order_details"."is_voided" IS 'Whether the whole order was voided; its money is then zero.';
COMMENT ON COLUMN "toast"."order_details"."paid_at" IS 'When it was paid, local time. Empty when it never was; before opened_at for orders placed ahead.';
COMMENT ON COLUMN "toast"."order_details"."closed_at" IS 'When it was closed, local time. Empty when it never was.';
COMMENT ON COLUMN "toast"."order_details"."duration_opened_to_paid_text" IS 'Time from opening to payment as Toast prints it. Not a time of day: hours exceed 24, and each part has a sign of its own.';
COMMENT ON COLUMN "toast"."order_details"."order_source" IS 'Where the order came from.';
COMMENT ON COLUMN "toast"."order_details"."opened_at_utc" IS 'When the order was opened, in UTC.';
COMMENT ON COLUMN "toast"."order_details"."paid_at_utc" IS 'When the order was paid, in UTC.';
COMMENT ON COLUMN "toast"."order_details"."closed_at_utc" IS 'When the order was closed, in UTC.';
COMMENT ON COLUMN "toast"."order_details"."duration_opened_to_paid_seconds" IS 'Time from opening to payment; negative when it was paid before it was opened, as orders placed ahead are.';
COMMENT ON COLUMN "toast"."order_details"."duration_opened_to_paid_minutes" IS 'The same in minutes with one decimal, as the script before Daybreak stored it.';
COMMENT ON COLUMN "toast"."order_details"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."order_details"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."order_details"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."order_details"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."order_details"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."order_details"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."order_details"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."check_details" (
  "customer_id" text,
  "customer" text,
  "customer_phone" text,
  "customer_email" text,
  "location_code" text,
  "opened_date" date,
  "opened_time" time,
  "item_description" text,
  "server" text,
  "tax" numeric(18,4),
  "tender" text,
  "check_id" text NOT NULL,
  "check_number" text,
  "total" numeric(18,4) NOT NULL,
  "customer_family" text,
  "table_size" bigint,
  "discount" numeric(18,4),
  "reason_of_discount" text,
  "link" text,
  "opened_at" timestamp,
  "opened_at_utc" timestamptz,
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "check_details_pk" PRIMARY KEY ("business_date", "location_id", "check_id"),
  CONSTRAINT "check_details_check_id_pattern" CHECK ("check_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."check_details" IS 'One row per check. An order has one check or several; checks carry the guest and the discounts'' reasons.';
COMMENT ON COLUMN "toast"."check_details"."customer_id" IS 'Guest, where known. Stored as a keyed hash: the same guest keeps the same value.';
COMMENT ON COLUMN "toast"."check_details"."customer" IS 'Name of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."check_details"."customer_phone" IS 'Phone of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."check_details"."customer_email" IS 'E-mail of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."check_details"."location_code" IS 'Code of the restaurant, where one is configured. This file has no name of the location.';
COMMENT ON COLUMN "toast"."check_details"."opened_date" IS 'Local day on which the check was opened. Empty for checks without items.';
COMMENT ON COLUMN "toast"."check_details"."opened_time" IS 'Local time at which the check was opened.';
COMMENT ON COLUMN "toast"."check_details"."item_description" IS 'Names of the items, joined with a comma and a blank. Names hold commas themselves: never split it.';
COMMENT ON COLUMN "toast"."check_details"."server" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "toast"."check_details"."tax" IS 'Tax.';
COMMENT ON COLUMN "toast"."check_details"."tender" IS 'Kind of the first payment only; a check paid in two ways shows one. Empty when the total is zero.';
COMMENT ON COLUMN "toast"."check_details"."check_id" IS 'Toast''s id of the check. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."check_details"."check_number" IS 'Number of the check within the business day.';
COMMENT ON COLUMN "toast"."check_details"."total" IS 'What was paid: tax, tip and gratuity included. The sum of the successful payments.';
COMMENT ON COLUMN "toast"."check_details"."customer_family" IS 'Always empty; Toast says it is not used.';
COMMENT ON COLUMN "toast"."check_details"."table_size" IS 'Guests of the check.';
COMMENT ON COLUMN "toast"."check_details"."discount" IS 'Discounts of the check and of its items.';
COMMENT ON COLUMN "toast"."check_details"."reason_of_discount" IS 'Names of the discounts, joined with a comma and a blank.';
COMMENT ON COLUMN "toast"."check_details"."link" IS 'Address of the receipt. It opens the receipt without a login, so it is dropped.';
COMMENT ON COLUMN "toast"."check_details"."opened_at" IS 'When the check was opened, local time. Empty for checks without items.';
COMMENT ON COLUMN "toast"."check_details"."opened_at_utc" IS 'When the check was opened, in UTC.';
COMMENT ON COLUMN "toast"."check_details"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."check_details"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."check_details"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."check_details"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."check_details"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."check_details"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."check_details"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."payment_details" (
  "location" text,
  "payment_id" text NOT NULL,
  "order_id" text NOT NULL,
  "order_number" text,
  "paid_at" timestamp NOT NULL,
  "order_at" timestamp,
  "check_id" text,
  "check_number" text,
  "tab_name" text,
  "server" text,
  "table_name" text,
  "dining_area" text,
  "service" text,
  "dining_option" text,
  "house_account_number" text,
  "amount" numeric(18,4) NOT NULL,
  "tip" numeric(18,4),
  "gratuity" numeric(18,4),
  "total" numeric(18,4) NOT NULL,
  "swiped_card_amount" numeric(18,4),
  "keyed_card_amount" numeric(18,4),
  "amount_tendered" numeric(18,4),
  "refund_status" text,
  "refunded_at" timestamp,
  "refund_amount" numeric(18,4),
  "refund_tip_amount" numeric(18,4),
  "void_user" text,
  "void_approver" text,
  "voided_at" timestamp,
  "status" text,
  "payment_type" text,
  "cash_drawer" text,
  "card_type" text,
  "other_type" text,
  "email" text,
  "phone" text,
  "last_4_card_digits" text,
  "v_mc_d_fees" numeric(18,4),
  "room_info" text,
  "receipt" text,
  "source" text,
  "last_4_gift_card_digits" text,
  "first_5_gift_card_digits" text,
  "paid_at_utc" timestamptz,
  "refunded_at_utc" timestamptz,
  "voided_at_utc" timestamptz,
  "is_successful" boolean,
  "net_total" numeric(18,4),
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "payment_details_pk" PRIMARY KEY ("business_date", "location_id", "payment_id"),
  CONSTRAINT "payment_details_payment_id_pattern" CHECK ("payment_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "payment_details_order_id_pattern" CHECK ("order_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "payment_details_check_id_pattern" CHECK ("check_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."payment_details" IS 'One row per payment, filed under the business date on which it was paid. Payments that failed carry their full amount: sum where is_successful. A later refund changes the row of the original payment and never adds one.';
COMMENT ON COLUMN "toast"."payment_details"."location" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "toast"."payment_details"."payment_id" IS 'Toast''s id of the payment. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."payment_details"."order_id" IS 'Order that was paid. For an order placed ahead it stands in another day''s file.';
COMMENT ON COLUMN "toast"."payment_details"."order_number" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "toast"."payment_details"."paid_at" IS 'When it was paid, local time.';
COMMENT ON COLUMN "toast"."payment_details"."order_at" IS 'When the order was opened, local time.';
COMMENT ON COLUMN "toast"."payment_details"."check_id" IS 'Check that was paid.';
COMMENT ON COLUMN "toast"."payment_details"."check_number" IS 'Number of the check within the business day.';
COMMENT ON COLUMN "toast"."payment_details"."tab_name" IS 'Name on the tab: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."payment_details"."server" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "toast"."payment_details"."table_name" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "toast"."payment_details"."dining_area" IS 'Dining area of the table.';
COMMENT ON COLUMN "toast"."payment_details"."service" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "toast"."payment_details"."dining_option" IS 'Dining option of the check.';
COMMENT ON COLUMN "toast"."payment_details"."house_account_number" IS 'House account that was charged. It names a customer, so it is stored as a keyed hash.';
COMMENT ON COLUMN "toast"."payment_details"."amount" IS 'Paid for the check, tax included, tip and gratuity not. Negative for cash given back.';
COMMENT ON COLUMN "toast"."payment_details"."tip" IS 'Tip.';
COMMENT ON COLUMN "toast"."payment_details"."gratuity" IS 'Gratuity.';
COMMENT ON COLUMN "toast"."payment_details"."total" IS 'amount + tip + gratuity.';
COMMENT ON COLUMN "toast"."payment_details"."swiped_card_amount" IS 'Part paid with a card that was present.';
COMMENT ON COLUMN "toast"."payment_details"."keyed_card_amount" IS 'Part paid with a card number that was typed in.';
COMMENT ON COLUMN "toast"."payment_details"."amount_tendered" IS 'Cash handed over; zero for other payments.';
COMMENT ON COLUMN "toast"."payment_details"."refund_status" IS 'NONE or FULL. Unreliable: most refunded payments still say NONE; look at refund_amount.';
COMMENT ON COLUMN "toast"."payment_details"."refunded_at" IS 'When it was refunded, local time: days after paid_at.';
COMMENT ON COLUMN "toast"."payment_details"."refund_amount" IS 'Refunded without the tip. Empty, not zero, when nothing was.';
COMMENT ON COLUMN "toast"."payment_details"."refund_tip_amount" IS 'Tip refunded. Empty when nothing was.';
COMMENT ON COLUMN "toast"."payment_details"."void_user" IS 'Who voided it. Holds an employee''s e-mail address, so it is stored as a keyed hash.';
COMMENT ON COLUMN "toast"."payment_details"."void_approver" IS 'Who approved the void. Stored as a keyed hash, as void_user is.';
COMMENT ON COLUMN "toast"."payment_details"."voided_at" IS 'When it was voided, local time. The one column with a year of four digits.';
COMMENT ON COLUMN "toast"."payment_details"."status" IS 'State of the payment. Only CAPTURED, AUTHORIZED and CAPTURE_IN_PROGRESS are money; OPEN repeats a payment that has a row of its own.';
COMMENT ON COLUMN "toast"."payment_details"."payment_type" IS 'Kind of payment.';
COMMENT ON COLUMN "toast"."payment_details"."cash_drawer" IS 'Drawer that took the cash.';
COMMENT ON COLUMN "toast"."payment_details"."card_type" IS 'Brand of the card.';
COMMENT ON COLUMN "toast"."payment_details"."other_type" IS 'Name of the payment where the type is Other, such as DoorDash.';
COMMENT ON COLUMN "toast"."payment_details"."email" IS 'E-mail of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."payment_details"."phone" IS 'Phone of the guest, in mixed formats: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."payment_details"."last_4_card_digits" IS 'Last digits of the card, as a keyed hash: equal cards still group, and no digit is stored.';
COMMENT ON COLUMN "toast"."payment_details"."v_mc_d_fees" IS 'Card fees. Zero or empty in the nightly file; filled only in exports made days later.';
COMMENT ON COLUMN "toast"."payment_details"."room_info" IS 'Hotel room the payment was charged to, with its guest: stored as a keyed hash. Older exports lack it.';
COMMENT ON COLUMN "toast"."payment_details"."receipt" IS 'Token that opens the receipt. Dropped: a secret has no use in a table.';
COMMENT ON COLUMN "toast"."payment_details"."source" IS 'Where the payment was made.';
COMMENT ON COLUMN "toast"."payment_details"."last_4_gift_card_digits" IS 'Last digits of the gift card, as a keyed hash: with the first five they would spend it. Older exports lack it.';
COMMENT ON COLUMN "toast"."payment_details"."first_5_gift_card_digits" IS 'First digits of the gift card, as a keyed hash. Older exports lack it.';
COMMENT ON COLUMN "toast"."payment_details"."paid_at_utc" IS 'When it was paid, in UTC.';
COMMENT ON COLUMN "toast"."payment_details"."refunded_at_utc" IS 'When it was refunded, in UTC.';
COMMENT ON COLUMN "toast"."payment_details"."voided_at_utc" IS 'When it was voided, in UTC.';
COMMENT ON COLUMN "toast"."payment_details"."is_successful" IS 'Whether the payment is money. The others are 1 to 2 % of all rows and carry full amounts.';
COMMENT ON COLUMN "toast"."payment_details"."net_total" IS 'The total less what was refunded since.';
COMMENT ON COLUMN "toast"."payment_details"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."payment_details"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."payment_details"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."payment_details"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."payment_details"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."payment_details"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."payment_details"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."item_selection_details" (
  "location" text,
  "order_id" text NOT NULL,
  "order_number" text,
  "sent_at" timestamp,
  "order_at" timestamp,
  "check_id" text,
  "server" text,
  "table_name" text,
  "dining_area" text,
  "service" text,
  "dining_option" text,
  "item_selection_id" text NOT NULL,
  "item_id" text,
  "master_id" text,
  "sku" text,
  "plu" text,
  "menu_item" text,
  "menu_subgroups" text,
  "menu_group" text,
  "menu" text,
  "sales_category" text,
  "gross_price" numeric(18,4) NOT NULL,
  "discount" numeric(18,4),
  "net_price" numeric(18,4) NOT NULL,
  "qty" numeric(18,4) NOT NULL,
  "tax" numeric(18,8),
  "is_void" boolean,
  "is_deferred" boolean,
  "is_tax_exempt" boolean,
  "tax_inclusion_option" text,
  "dining_option_tax" text,
  "tab_name" text,
  "sent_at_utc" timestamptz,
  "order_at_utc" timestamptz,
  "unit_price" numeric(38,9),
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "item_selection_details_pk" PRIMARY KEY ("business_date", "location_id", "item_selection_id"),
  CONSTRAINT "item_selection_details_order_id_pattern" CHECK ("order_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "item_selection_details_check_id_pattern" CHECK ("check_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "item_selection_details_item_selection_id_pattern" CHECK ("item_selection_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "item_selection_details_item_id_pattern" CHECK ("item_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "item_selection_details_master_id_pattern" CHECK ("master_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."item_selection_details" IS 'One row per item on a check. Prices are totals of the line: multiplying them by the quantity again counts them twice. Voided items keep their price; leave them out of sums.';
COMMENT ON COLUMN "toast"."item_selection_details"."location" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "toast"."item_selection_details"."order_id" IS 'Order the item belongs to.';
COMMENT ON COLUMN "toast"."item_selection_details"."order_number" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "toast"."item_selection_details"."sent_at" IS 'When it was sent to the kitchen, local time.';
COMMENT ON COLUMN "toast"."item_selection_details"."order_at" IS 'When the order was opened, local time.';
COMMENT ON COLUMN "toast"."item_selection_details"."check_id" IS 'Check the item is on.';
COMMENT ON COLUMN "toast"."item_selection_details"."server" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "toast"."item_selection_details"."table_name" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "toast"."item_selection_details"."dining_area" IS 'Dining area of the table.';
COMMENT ON COLUMN "toast"."item_selection_details"."service" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "toast"."item_selection_details"."dining_option" IS 'Dining option of the item.';
COMMENT ON COLUMN "toast"."item_selection_details"."item_selection_id" IS 'Toast''s id of this item on this check. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."item_selection_details"."item_id" IS 'Item of this location''s menu; joins all_items_report.item_id.';
COMMENT ON COLUMN "toast"."item_selection_details"."master_id" IS 'Item across versions of the menu.';
COMMENT ON COLUMN "toast"."item_selection_details"."sku" IS 'Stock keeping unit.';
COMMENT ON COLUMN "toast"."item_selection_details"."plu" IS 'Price look-up code. Missing from Toast''s documentation.';
COMMENT ON COLUMN "toast"."item_selection_details"."menu_item" IS 'Name of the item, in any script, emoji included.';
COMMENT ON COLUMN "toast"."item_selection_details"."menu_subgroups" IS 'Subgroup of the menu; mostly empty.';
COMMENT ON COLUMN "toast"."item_selection_details"."menu_group" IS 'Group of the menu; empty for open and deleted items.';
COMMENT ON COLUMN "toast"."item_selection_details"."menu" IS 'Menu; empty for open items.';
COMMENT ON COLUMN "toast"."item_selection_details"."sales_category" IS 'Sales category.';
COMMENT ON COLUMN "toast"."item_selection_details"."gross_price" IS 'Price of the line, paid modifiers included, before discounts and without tax, even where the price includes it.';
COMMENT ON COLUMN "toast"."item_selection_details"."discount" IS 'Discounts of the item itself; those of the check are in the net price alone.';
COMMENT ON COLUMN "toast"."item_selection_details"."net_price" IS 'Price of the line after all discounts, those of the check included. Not always gross_price - discount.';
COMMENT ON COLUMN "toast"."item_selection_details"."qty" IS 'Quantity; weighed items have decimals.';
COMMENT ON COLUMN "toast"."item_selection_details"."tax" IS 'Tax with eight decimal places; Toast prints zero as 0E-8.';
COMMENT ON COLUMN "toast"."item_selection_details"."is_void" IS 'Whether the item was voided. It keeps its price.';
COMMENT ON COLUMN "toast"."item_selection_details"."is_deferred" IS 'Whether the sale is deferred, as that of a gift card is.';
COMMENT ON COLUMN "toast"."item_selection_details"."is_tax_exempt" IS 'Whether the item is free of tax.';
COMMENT ON COLUMN "toast"."item_selection_details"."tax_inclusion_option" IS 'Whether the menu price includes tax.';
COMMENT ON COLUMN "toast"."item_selection_details"."dining_option_tax" IS 'What the dining option does to the tax. Text, not a number.';
COMMENT ON COLUMN "toast"."item_selection_details"."tab_name" IS 'Name on the tab: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "toast"."item_selection_details"."sent_at_utc" IS 'When it was sent to the kitchen, in UTC.';
COMMENT ON COLUMN "toast"."item_selection_details"."order_at_utc" IS 'When the order was opened, in UTC.';
COMMENT ON COLUMN "toast"."item_selection_details"."unit_price" IS 'Gross price of one; empty where the quantity is zero.';
COMMENT ON COLUMN "toast"."item_selection_details"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."item_selection_details"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."item_selection_details"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."item_selection_details"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."item_selection_details"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."item_selection_details"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."item_selection_details"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."all_items_report" (
  "master_id" text,
  "item_id" text,
  "parent_id" text,
  "menu_name" text,
  "menu_group" text,
  "subgroup" text,
  "menu_item" text,
  "tags" text,
  "avg_price" double precision,
  "item_qty_incl_voids" numeric(18,4),
  "pct_ttl_qty_incl_voids" double precision,
  "gross_amount_incl_voids" numeric(18,4),
  "pct_ttl_amt_incl_voids" double precision,
  "item_qty" numeric(18,4) NOT NULL,
  "gross_amount" numeric(18,4),
  "void_qty" numeric(18,4),
  "void_amount" numeric(18,4),
  "discount_amount" numeric(18,4),
  "net_amount" numeric(18,4) NOT NULL,
  "num_orders" bigint,
  "pct_ttl_num_orders" double precision,
  "pct_qty_group" double precision,
  "pct_qty_menu" double precision,
  "pct_qty_all" double precision,
  "pct_net_amt_group" double precision,
  "pct_net_amt_menu" double precision,
  "pct_net_amt_all" double precision,
  "row_level" text,
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "all_items_report_business_date_location_id_menu_name_m_ea7df423" UNIQUE ("business_date", "location_id", "menu_name", "menu_group", "subgroup", "menu_item", "item_id")
);
COMMENT ON TABLE "toast"."all_items_report" IS 'Sales of the day by menu, group, subgroup and item, totals included as rows of their own. Filter by row_level: a sum over all rows counts every sale three to five times.';
COMMENT ON COLUMN "toast"."all_items_report"."master_id" IS 'Item or group across versions of the menu. Empty on rows of a menu; negative for what Toast makes up: gift cards and open items. A number such as -1 alone does not tell which.';
COMMENT ON COLUMN "toast"."all_items_report"."item_id" IS 'Item or group of this location''s menu. Not unique within a day.';
COMMENT ON COLUMN "toast"."all_items_report"."parent_id" IS 'Master id of the group, on rows of items.';
COMMENT ON COLUMN "toast"."all_items_report"."menu_name" IS 'Menu; `ALL MENUS` on the row of the grand total.';
COMMENT ON COLUMN "toast"."all_items_report"."menu_group" IS 'Group; empty on rows of a menu and of the grand total.';
COMMENT ON COLUMN "toast"."all_items_report"."subgroup" IS 'Subgroup; mostly empty.';
COMMENT ON COLUMN "toast"."all_items_report"."menu_item" IS 'Item; empty on rows that are totals.';
COMMENT ON COLUMN "toast"."all_items_report"."tags" IS 'Tags; mostly empty. Missing from Toast''s documentation.';
COMMENT ON COLUMN "toast"."all_items_report"."avg_price" IS 'Gross amount of one item, though Toast documents the net.';
COMMENT ON COLUMN "toast"."all_items_report"."item_qty_incl_voids" IS 'Quantity sold or voided.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_ttl_qty_incl_voids" IS 'Share of that quantity, 0 to 1.';
COMMENT ON COLUMN "toast"."all_items_report"."gross_amount_incl_voids" IS 'Gross amount and void amount together.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_ttl_amt_incl_voids" IS 'Share of that amount, 0 to 1.';
COMMENT ON COLUMN "toast"."all_items_report"."item_qty" IS 'Quantity sold, voids left out.';
COMMENT ON COLUMN "toast"."all_items_report"."gross_amount" IS 'Sales before discounts, voids left out.';
COMMENT ON COLUMN "toast"."all_items_report"."void_qty" IS 'Quantity voided.';
COMMENT ON COLUMN "toast"."all_items_report"."void_amount" IS 'Amount voided.';
COMMENT ON COLUMN "toast"."all_items_report"."discount_amount" IS 'Discounts, including those of checks, spread over their items.';
COMMENT ON COLUMN "toast"."all_items_report"."net_amount" IS 'Sales after discounts.';
COMMENT ON COLUMN "toast"."all_items_report"."num_orders" IS 'Orders with the item, voided ones left out.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_ttl_num_orders" IS 'Share of the orders. Can exceed 1 on a group; 0 on the grand total.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_qty_group" IS 'Share of the group''s quantity.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_qty_menu" IS 'Share of the menu''s quantity.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_qty_all" IS 'Share of the whole quantity.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_net_amt_group" IS 'Share of the group''s net amount.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_net_amt_menu" IS 'Share of the menu''s net amount.';
COMMENT ON COLUMN "toast"."all_items_report"."pct_net_amt_all" IS 'Share of the whole net amount.';
COMMENT ON COLUMN "toast"."all_items_report"."row_level" IS 'What the row is a total of: ALL, MENU, GROUP, SUBGROUP or ITEM; null for a row without any name, which Toast writes with zeros. Every query needs it.';
COMMENT ON COLUMN "toast"."all_items_report"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."all_items_report"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."all_items_report"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."all_items_report"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."all_items_report"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."all_items_report"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."all_items_report"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."kitchen_timings" (
  "location" text,
  "ticket_id" text NOT NULL,
  "server" text,
  "check_number" text,
  "table_name" text,
  "check_opened_at" timestamp,
  "station" text,
  "expediter_level" bigint,
  "fired_at" timestamp,
  "fulfilled_at" timestamp,
  "fulfillment_time_text" text,
  "fulfilled_by" text,
  "fired_at_utc" timestamptz,
  "fulfilled_at_utc" timestamptz,
  "fulfillment_seconds" bigint,
  "fulfillment_minutes" numeric(18,1),
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "kitchen_timings_business_date_location_id_ticket_id_st_0af06f93" UNIQUE ("business_date", "location_id", "ticket_id", "station", "expediter_level"),
  CONSTRAINT "kitchen_timings_ticket_id_pattern" CHECK ("ticket_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."kitchen_timings" IS 'One row per ticket and station of the kitchen displays. Header only where a restaurant has none.';
COMMENT ON COLUMN "toast"."kitchen_timings"."location" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "toast"."kitchen_timings"."ticket_id" IS 'Toast''s id of the ticket, though it is documented as that of the check. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."kitchen_timings"."server" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "toast"."kitchen_timings"."check_number" IS 'Number of the check: the only link to it, within one business day and location.';
COMMENT ON COLUMN "toast"."kitchen_timings"."table_name" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "toast"."kitchen_timings"."check_opened_at" IS 'When the check was opened, local time.';
COMMENT ON COLUMN "toast"."kitchen_timings"."station" IS 'Station that prepared it; empty for expediters and kitchens with a single one.';
COMMENT ON COLUMN "toast"."kitchen_timings"."expediter_level" IS 'Level of the expediter, 1 or 2.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fired_at" IS 'When the kitchen got it, local time.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fulfilled_at" IS 'When it was done, local time. Empty when it never was marked so.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fulfillment_time_text" IS 'Time from fired to done in English words, to the second; the fired and done times have minutes only.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fulfilled_by" IS 'Who marked it done.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fired_at_utc" IS 'When the kitchen got it, in UTC.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fulfilled_at_utc" IS 'When it was done, in UTC.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fulfillment_seconds" IS 'Time from fired to done.';
COMMENT ON COLUMN "toast"."kitchen_timings"."fulfillment_minutes" IS 'The same in minutes with one decimal: the column fulfillment_time of the script before Daybreak, which wrote 0.0 where there was none.';
COMMENT ON COLUMN "toast"."kitchen_timings"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."kitchen_timings"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."kitchen_timings"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."kitchen_timings"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."kitchen_timings"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."kitchen_timings"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."kitchen_timings"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."cash_entries" (
  "location" text,
  "entry_id" text NOT NULL,
  "created_at" timestamp NOT NULL,
  "action" text,
  "amount" numeric(18,4),
  "cash_drawer" text,
  "payout_reason" text,
  "no_sale_reason" text,
  "comment" text,
  "employee" text,
  "employee_2" text,
  "created_at_utc" timestamptz,
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "cash_entries_pk" PRIMARY KEY ("business_date", "location_id", "entry_id"),
  CONSTRAINT "cash_entries_entry_id_pattern" CHECK ("entry_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."cash_entries" IS 'One row per movement of a cash drawer. Header only where a restaurant has none.';
COMMENT ON COLUMN "toast"."cash_entries"."location" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "toast"."cash_entries"."entry_id" IS 'Toast''s id of the movement. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."cash_entries"."created_at" IS 'When it was entered, local time.';
COMMENT ON COLUMN "toast"."cash_entries"."action" IS 'What was done. VOID_CASH_PAYMENT takes a CASH_PAYMENT back, CASH_OUT is undone by CASH_IN, TIP_OUT by CASH_COLLECTED.';
COMMENT ON COLUMN "toast"."cash_entries"."amount" IS 'Positive adds cash to the drawer, negative takes it out.';
COMMENT ON COLUMN "toast"."cash_entries"."cash_drawer" IS 'Drawer.';
COMMENT ON COLUMN "toast"."cash_entries"."payout_reason" IS 'Reason of a PAY_OUT.';
COMMENT ON COLUMN "toast"."cash_entries"."no_sale_reason" IS 'Reason of a NO_SALE. Missing from Toast''s documentation.';
COMMENT ON COLUMN "toast"."cash_entries"."comment" IS 'Free text.';
COMMENT ON COLUMN "toast"."cash_entries"."employee" IS 'Who entered it.';
COMMENT ON COLUMN "toast"."cash_entries"."employee_2" IS 'Who received the cash.';
COMMENT ON COLUMN "toast"."cash_entries"."created_at_utc" IS 'When it was entered, in UTC.';
COMMENT ON COLUMN "toast"."cash_entries"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."cash_entries"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."cash_entries"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."cash_entries"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."cash_entries"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."cash_entries"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."cash_entries"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."modifiers_selection_details" (
  "location" text,
  "order_id" text NOT NULL,
  "order_number" text,
  "sent_at" timestamp,
  "order_at" timestamp,
  "check_id" text,
  "server" text,
  "table_name" text,
  "dining_area" text,
  "service" text,
  "dining_option" text,
  "item_selection_id" text NOT NULL,
  "modifier_id" text,
  "master_id" text,
  "modifier_sku" text,
  "modifier_plu" text,
  "modifier" text,
  "option_group_id" text,
  "option_group_name" text,
  "parent_menu_selection_item_id" text,
  "parent_menu_selection" text,
  "sales_category" text,
  "gross_price" numeric(18,4) NOT NULL,
  "discount" numeric(18,4),
  "net_price" numeric(18,4) NOT NULL,
  "qty" numeric(18,4) NOT NULL,
  "is_void" boolean,
  "void_reason_id" text,
  "void_reason" text,
  "sent_at_utc" timestamptz,
  "order_at_utc" timestamptz,
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "modifiers_selection_details_pk" PRIMARY KEY ("business_date", "location_id", "item_selection_id"),
  CONSTRAINT "modifiers_selection_details_order_id_pattern" CHECK ("order_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "modifiers_selection_details_check_id_pattern" CHECK ("check_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "modifiers_selection_details_item_selection_id_pattern" CHECK ("item_selection_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "modifiers_selection_details_parent_menu_selection_item_c6c906bb" CHECK ("parent_menu_selection_item_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."modifiers_selection_details" IS 'One row per modifier of an item. Its prices are already inside those of the item: never add the two. Notes to the kitchen are modifiers too, so a field may hold line breaks.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."location" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."order_id" IS 'Order the modifier belongs to.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."order_number" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."sent_at" IS 'When it was sent to the kitchen, local time.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."order_at" IS 'When the order was opened, local time.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."check_id" IS 'Check the modifier is on.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."server" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."table_name" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."dining_area" IS 'Dining area of the table.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."service" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."dining_option" IS 'Dining option of the item.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."item_selection_id" IS 'Toast''s id of this modifier on this check, not of its item. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."modifier_id" IS 'Modifier of this location''s menu; empty for notes.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."master_id" IS 'Modifier across versions of the menu.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."modifier_sku" IS 'Stock keeping unit.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."modifier_plu" IS 'Price look-up code.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."modifier" IS 'Name of the modifier, or what a guest asked for.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."option_group_id" IS 'Group of the modifier; empty for notes.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."option_group_name" IS 'Name of that group.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."parent_menu_selection_item_id" IS 'Menu item that was modified: item_id of item_selection_details.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."parent_menu_selection" IS 'Name of the item that was modified.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."sales_category" IS 'Sales category.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."gross_price" IS 'Price of the line before discounts; part of the item''s price.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."discount" IS 'Discounts.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."net_price" IS 'Price of the line after discounts; part of the item''s price.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."qty" IS 'Quantity.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."is_void" IS 'Whether it was voided.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."void_reason_id" IS 'Reason of the void.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."void_reason" IS 'Name of that reason.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."sent_at_utc" IS 'When it was sent to the kitchen, in UTC.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."order_at_utc" IS 'When the order was opened, in UTC.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."modifiers_selection_details"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."time_entries" (
  "location" text,
  "location_code" text,
  "time_entry_id" text NOT NULL,
  "time_entry_guid" text,
  "employee_id" text,
  "employee_guid" text,
  "employee_external_id" text,
  "employee" text,
  "job_id" text,
  "job_guid" text,
  "job_code" text,
  "job_title" text,
  "in_at" timestamp NOT NULL,
  "out_at" timestamp,
  "is_auto_clock_out" boolean,
  "total_hours" numeric(18,4),
  "unpaid_break_time" numeric(18,4),
  "paid_break_time" numeric(18,4),
  "payable_hours" numeric(18,4),
  "cash_tips_declared" numeric(18,4),
  "non_cash_tips" numeric(18,4),
  "total_gratuity" numeric(18,4),
  "total_tips" numeric(18,4),
  "tips_withheld" numeric(18,4),
  "wage" numeric(18,4),
  "regular_hours" numeric(18,4),
  "overtime_hours" numeric(18,4),
  "regular_pay" numeric(18,4),
  "overtime_pay" numeric(18,4),
  "total_pay" numeric(18,4),
  "in_at_utc" timestamptz,
  "out_at_utc" timestamptz,
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "time_entries_pk" PRIMARY KEY ("business_date", "location_id", "time_entry_id"),
  CONSTRAINT "time_entries_time_entry_id_pattern" CHECK ("time_entry_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "time_entries_employee_id_pattern" CHECK ("employee_id" ~ '^(?:-?[0-9]{1,20})$'),
  CONSTRAINT "time_entries_job_id_pattern" CHECK ("job_id" ~ '^(?:-?[0-9]{1,20})$')
);
COMMENT ON TABLE "toast"."time_entries" IS 'One row per shift of an employee, filed under the business date it started on. Needed for labour cost.';
COMMENT ON COLUMN "toast"."time_entries"."location" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "toast"."time_entries"."location_code" IS 'Code of the restaurant, where one is configured.';
COMMENT ON COLUMN "toast"."time_entries"."time_entry_id" IS 'Toast''s id of the shift. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "toast"."time_entries"."time_entry_guid" IS 'The same as a GUID.';
COMMENT ON COLUMN "toast"."time_entries"."employee_id" IS 'Toast''s id of the employee.';
COMMENT ON COLUMN "toast"."time_entries"."employee_guid" IS 'The same as a GUID.';
COMMENT ON COLUMN "toast"."time_entries"."employee_external_id" IS 'Id of the employee in another system, such as payroll.';
COMMENT ON COLUMN "toast"."time_entries"."employee" IS 'Name of the employee. The row also has wages, so the name is stored as a keyed hash; employee_id joins.';
COMMENT ON COLUMN "toast"."time_entries"."job_id" IS 'Toast''s id of the job.';
COMMENT ON COLUMN "toast"."time_entries"."job_guid" IS 'The same as a GUID.';
COMMENT ON COLUMN "toast"."time_entries"."job_code" IS 'Code of the job.';
COMMENT ON COLUMN "toast"."time_entries"."job_title" IS 'Name of the job.';
COMMENT ON COLUMN "toast"."time_entries"."in_at" IS 'When the shift began, local time.';
COMMENT ON COLUMN "toast"."time_entries"."out_at" IS 'When it ended, local time; after midnight for a late shift. Empty while it lasts.';
COMMENT ON COLUMN "toast"."time_entries"."is_auto_clock_out" IS 'Whether the system ended the shift at the closeout hour. Printed as Yes and No.';
COMMENT ON COLUMN "toast"."time_entries"."total_hours" IS 'Hours from in to out.';
COMMENT ON COLUMN "toast"."time_entries"."unpaid_break_time" IS 'Unpaid breaks.';
COMMENT ON COLUMN "toast"."time_entries"."paid_break_time" IS 'Paid breaks.';
COMMENT ON COLUMN "toast"."time_entries"."payable_hours" IS 'Hours that are paid.';
COMMENT ON COLUMN "toast"."time_entries"."cash_tips_declared" IS 'Cash tips the employee declared. Empty when none were asked for.';
COMMENT ON COLUMN "toast"."time_entries"."non_cash_tips" IS 'Tips paid by card.';
COMMENT ON COLUMN "toast"."time_entries"."total_gratuity" IS 'Gratuity.';
COMMENT ON COLUMN "toast"."time_entries"."total_tips" IS 'Tips, cash and card.';
COMMENT ON COLUMN "toast"."time_entries"."tips_withheld" IS 'Tips kept back for fees.';
COMMENT ON COLUMN "toast"."time_entries"."wage" IS 'Pay for one hour. Empty where the restaurant does not keep wages in Toast.';
COMMENT ON COLUMN "toast"."time_entries"."regular_hours" IS 'Hours at the regular rate.';
COMMENT ON COLUMN "toast"."time_entries"."overtime_hours" IS 'Hours at the overtime rate.';
COMMENT ON COLUMN "toast"."time_entries"."regular_pay" IS 'Pay for the regular hours.';
COMMENT ON COLUMN "toast"."time_entries"."overtime_pay" IS 'Pay for the overtime hours.';
COMMENT ON COLUMN "toast"."time_entries"."total_pay" IS 'Pay for the shift.';
COMMENT ON COLUMN "toast"."time_entries"."in_at_utc" IS 'When the shift began, in UTC.';
COMMENT ON COLUMN "toast"."time_entries"."out_at_utc" IS 'When the shift ended, in UTC.';
COMMENT ON COLUMN "toast"."time_entries"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."time_entries"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."time_entries"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."time_entries"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."time_entries"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."time_entries"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."time_entries"."_loaded_at" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "toast"."house_account_export" (
  "house_account_guid" text NOT NULL,
  "customer_number" text,
  "location_id" text NOT NULL,
  "business_date" date NOT NULL,
  "_source_file" text,
  "_row_number" bigint,
  "_raw_sha256" text,
  "_run_id" text,
  "_loaded_at" timestamptz,
  CONSTRAINT "house_account_export_pk" PRIMARY KEY ("business_date", "location_id", "house_account_guid")
);
COMMENT ON TABLE "toast"."house_account_export" IS 'One row per house account of the restaurant, as it was when the file was written. Header only where there are none.';
COMMENT ON COLUMN "toast"."house_account_export"."house_account_guid" IS 'Toast''s id of the account, as a keyed hash: an account may be a person.';
COMMENT ON COLUMN "toast"."house_account_export"."customer_number" IS 'Number of the customer that the account belongs to, as a keyed hash.';
COMMENT ON COLUMN "toast"."house_account_export"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."house_account_export"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."house_account_export"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."house_account_export"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."house_account_export"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."house_account_export"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."house_account_export"."_loaded_at" IS 'When the row was loaded, UTC.';
