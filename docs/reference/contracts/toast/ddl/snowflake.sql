CREATE SCHEMA IF NOT EXISTS "TOAST";
USE SCHEMA "TOAST";

CREATE TABLE IF NOT EXISTS "TOAST"."ORDER_DETAILS" (
  "LOCATION" VARCHAR,
  "ORDER_ID" VARCHAR NOT NULL,
  "ORDER_NUMBER" VARCHAR,
  "CHECKS" VARCHAR,
  "OPENED_AT" TIMESTAMP_NTZ NOT NULL,
  "GUEST_COUNT" NUMBER(19,0),
  "TAB_NAMES" VARCHAR,
  "SERVER" VARCHAR,
  "TABLE_NAME" VARCHAR,
  "REVENUE_CENTER" VARCHAR,
  "DINING_AREA" VARCHAR,
  "SERVICE" VARCHAR,
  "DINING_OPTIONS" VARCHAR,
  "DISCOUNT_AMOUNT" NUMBER(18,4),
  "AMOUNT" NUMBER(18,4) NOT NULL,
  "TAX" NUMBER(18,4),
  "TIP" NUMBER(18,4),
  "GRATUITY" NUMBER(18,4),
  "TOTAL" NUMBER(18,4) NOT NULL,
  "IS_VOIDED" BOOLEAN,
  "PAID_AT" TIMESTAMP_NTZ,
  "CLOSED_AT" TIMESTAMP_NTZ,
  "DURATION_OPENED_TO_PAID_TEXT" VARCHAR,
  "ORDER_SOURCE" VARCHAR,
  "OPENED_AT_UTC" TIMESTAMP_TZ,
  "PAID_AT_UTC" TIMESTAMP_TZ,
  "CLOSED_AT_UTC" TIMESTAMP_TZ,
  "DURATION_OPENED_TO_PAID_SECONDS" NUMBER(19,0),
  "DURATION_OPENED_TO_PAID_MINUTES" NUMBER(18,1),
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "ORDER_DETAILS_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "ORDER_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "ORDER_ID", "SERVER");
COMMENT ON TABLE "TOAST"."ORDER_DETAILS" IS 'One row per order of the business day, as Toast knew it when the file was written. Tips and refunds may still change afterwards; the file does not say so.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."LOCATION" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."ORDER_ID" IS 'Toast''s id of the order. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."ORDER_NUMBER" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."CHECKS" IS 'Numbers of the order''s checks, joined with a comma and a blank: `1, 4`.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."OPENED_AT" IS 'When the order was opened, local time. For an order placed ahead it is the promised time.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."GUEST_COUNT" IS 'Guests; 0 is possible.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."TAB_NAMES" IS 'Names on the tabs, often the card holder''s: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."SERVER" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."TABLE_NAME" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."REVENUE_CENTER" IS 'Revenue center. The text `None` is a value, not an absence.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."DINING_AREA" IS 'Dining area of the table.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."SERVICE" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."DINING_OPTIONS" IS 'One dining option per check, joined with a comma and a blank.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."DISCOUNT_AMOUNT" IS 'Discounts of the order and of its items.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."AMOUNT" IS 'Net sales: after discounts, before tax, tip and gratuity.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."TAX" IS 'Tax.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."TIP" IS 'Tips, as far as they were known when the file was written.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."GRATUITY" IS 'Automatic gratuity and service charges that count as one.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."TOTAL" IS 'What the guests owe: amount + tax + tip + gratuity.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."IS_VOIDED" IS 'Whether the whole order was voided; its money is then zero.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."PAID_AT" IS 'When it was paid, local time. Empty when it never was; before opened_at for orders placed ahead.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."CLOSED_AT" IS 'When it was closed, local time. Empty when it never was.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."DURATION_OPENED_TO_PAID_TEXT" IS 'Time from opening to payment as Toast prints it. Not a time of day: hours exceed 24, and each part has a sign of its own.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."ORDER_SOURCE" IS 'Where the order came from.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."OPENED_AT_UTC" IS 'When the order was opened, in UTC.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."PAID_AT_UTC" IS 'When the order was paid, in UTC.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."CLOSED_AT_UTC" IS 'When the order was closed, in UTC.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."DURATION_OPENED_TO_PAID_SECONDS" IS 'Time from opening to payment; negative when it was paid before it was opened, as orders placed ahead are.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."DURATION_OPENED_TO_PAID_MINUTES" IS 'The same in minutes with one decimal, as the script before Daybreak stored it.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."ORDER_DETAILS"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."CHECK_DETAILS" (
  "CUSTOMER_ID" VARCHAR,
  "CUSTOMER" VARCHAR,
  "CUSTOMER_PHONE" VARCHAR,
  "CUSTOMER_EMAIL" VARCHAR,
  "LOCATION_CODE" VARCHAR,
  "OPENED_DATE" DATE,
  "OPENED_TIME" TIME,
  "ITEM_DESCRIPTION" VARCHAR,
  "SERVER" VARCHAR,
  "TAX" NUMBER(18,4),
  "TENDER" VARCHAR,
  "CHECK_ID" VARCHAR NOT NULL,
  "CHECK_NUMBER" VARCHAR,
  "TOTAL" NUMBER(18,4) NOT NULL,
  "CUSTOMER_FAMILY" VARCHAR,
  "TABLE_SIZE" NUMBER(19,0),
  "DISCOUNT" NUMBER(18,4),
  "REASON_OF_DISCOUNT" VARCHAR,
  "LINK" VARCHAR,
  "OPENED_AT" TIMESTAMP_NTZ,
  "OPENED_AT_UTC" TIMESTAMP_TZ,
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "CHECK_DETAILS_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "CHECK_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "CHECK_ID", "SERVER");
COMMENT ON TABLE "TOAST"."CHECK_DETAILS" IS 'One row per check. An order has one check or several; checks carry the guest and the discounts'' reasons.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."CUSTOMER_ID" IS 'Guest, where known. Stored as a keyed hash: the same guest keeps the same value.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."CUSTOMER" IS 'Name of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."CUSTOMER_PHONE" IS 'Phone of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."CUSTOMER_EMAIL" IS 'E-mail of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."LOCATION_CODE" IS 'Code of the restaurant, where one is configured. This file has no name of the location.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."OPENED_DATE" IS 'Local day on which the check was opened. Empty for checks without items.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."OPENED_TIME" IS 'Local time at which the check was opened.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."ITEM_DESCRIPTION" IS 'Names of the items, joined with a comma and a blank. Names hold commas themselves: never split it.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."SERVER" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."TAX" IS 'Tax.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."TENDER" IS 'Kind of the first payment only; a check paid in two ways shows one. Empty when the total is zero.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."CHECK_ID" IS 'Toast''s id of the check. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."CHECK_NUMBER" IS 'Number of the check within the business day.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."TOTAL" IS 'What was paid: tax, tip and gratuity included. The sum of the successful payments.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."CUSTOMER_FAMILY" IS 'Always empty; Toast says it is not used.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."TABLE_SIZE" IS 'Guests of the check.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."DISCOUNT" IS 'Discounts of the check and of its items.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."REASON_OF_DISCOUNT" IS 'Names of the discounts, joined with a comma and a blank.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."LINK" IS 'Address of the receipt. It opens the receipt without a login, so it is dropped.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."OPENED_AT" IS 'When the check was opened, local time. Empty for checks without items.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."OPENED_AT_UTC" IS 'When the check was opened, in UTC.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."CHECK_DETAILS"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."PAYMENT_DETAILS" (
  "LOCATION" VARCHAR,
  "PAYMENT_ID" VARCHAR NOT NULL,
  "ORDER_ID" VARCHAR NOT NULL,
  "ORDER_NUMBER" VARCHAR,
  "PAID_AT" TIMESTAMP_NTZ NOT NULL,
  "ORDER_AT" TIMESTAMP_NTZ,
  "CHECK_ID" VARCHAR,
  "CHECK_NUMBER" VARCHAR,
  "TAB_NAME" VARCHAR,
  "SERVER" VARCHAR,
  "TABLE_NAME" VARCHAR,
  "DINING_AREA" VARCHAR,
  "SERVICE" VARCHAR,
  "DINING_OPTION" VARCHAR,
  "HOUSE_ACCOUNT_NUMBER" VARCHAR,
  "AMOUNT" NUMBER(18,4) NOT NULL,
  "TIP" NUMBER(18,4),
  "GRATUITY" NUMBER(18,4),
  "TOTAL" NUMBER(18,4) NOT NULL,
  "SWIPED_CARD_AMOUNT" NUMBER(18,4),
  "KEYED_CARD_AMOUNT" NUMBER(18,4),
  "AMOUNT_TENDERED" NUMBER(18,4),
  "REFUND_STATUS" VARCHAR,
  "REFUNDED_AT" TIMESTAMP_NTZ,
  "REFUND_AMOUNT" NUMBER(18,4),
  "REFUND_TIP_AMOUNT" NUMBER(18,4),
  "VOID_USER" VARCHAR,
  "VOID_APPROVER" VARCHAR,
  "VOIDED_AT" TIMESTAMP_NTZ,
  "STATUS" VARCHAR,
  "PAYMENT_TYPE" VARCHAR,
  "CASH_DRAWER" VARCHAR,
  "CARD_TYPE" VARCHAR,
  "OTHER_TYPE" VARCHAR,
  "EMAIL" VARCHAR,
  "PHONE" VARCHAR,
  "LAST_4_CARD_DIGITS" VARCHAR,
  "V_MC_D_FEES" NUMBER(18,4),
  "ROOM_INFO" VARCHAR,
  "RECEIPT" VARCHAR,
  "SOURCE" VARCHAR,
  "LAST_4_GIFT_CARD_DIGITS" VARCHAR,
  "FIRST_5_GIFT_CARD_DIGITS" VARCHAR,
  "PAID_AT_UTC" TIMESTAMP_TZ,
  "REFUNDED_AT_UTC" TIMESTAMP_TZ,
  "VOIDED_AT_UTC" TIMESTAMP_TZ,
  "IS_SUCCESSFUL" BOOLEAN,
  "NET_TOTAL" NUMBER(18,4),
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "PAYMENT_DETAILS_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "PAYMENT_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "PAYMENT_TYPE", "STATUS", "ORDER_ID");
COMMENT ON TABLE "TOAST"."PAYMENT_DETAILS" IS 'One row per payment, filed under the business date on which it was paid. Payments that failed carry their full amount: sum where is_successful. A later refund changes the row of the original payment and never adds one.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."LOCATION" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."PAYMENT_ID" IS 'Toast''s id of the payment. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."ORDER_ID" IS 'Order that was paid. For an order placed ahead it stands in another day''s file.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."ORDER_NUMBER" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."PAID_AT" IS 'When it was paid, local time.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."ORDER_AT" IS 'When the order was opened, local time.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."CHECK_ID" IS 'Check that was paid.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."CHECK_NUMBER" IS 'Number of the check within the business day.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."TAB_NAME" IS 'Name on the tab: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."SERVER" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."TABLE_NAME" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."DINING_AREA" IS 'Dining area of the table.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."SERVICE" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."DINING_OPTION" IS 'Dining option of the check.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."HOUSE_ACCOUNT_NUMBER" IS 'House account that was charged. It names a customer, so it is stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."AMOUNT" IS 'Paid for the check, tax included, tip and gratuity not. Negative for cash given back.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."TIP" IS 'Tip.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."GRATUITY" IS 'Gratuity.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."TOTAL" IS 'amount + tip + gratuity.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."SWIPED_CARD_AMOUNT" IS 'Part paid with a card that was present.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."KEYED_CARD_AMOUNT" IS 'Part paid with a card number that was typed in.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."AMOUNT_TENDERED" IS 'Cash handed over; zero for other payments.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."REFUND_STATUS" IS 'NONE or FULL. Unreliable: most refunded payments still say NONE; look at refund_amount.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."REFUNDED_AT" IS 'When it was refunded, local time: days after paid_at.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."REFUND_AMOUNT" IS 'Refunded without the tip. Empty, not zero, when nothing was.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."REFUND_TIP_AMOUNT" IS 'Tip refunded. Empty when nothing was.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."VOID_USER" IS 'Who voided it. Holds an employee''s e-mail address, so it is stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."VOID_APPROVER" IS 'Who approved the void. Stored as a keyed hash, as void_user is.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."VOIDED_AT" IS 'When it was voided, local time. The one column with a year of four digits.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."STATUS" IS 'State of the payment. Only CAPTURED, AUTHORIZED and CAPTURE_IN_PROGRESS are money; OPEN repeats a payment that has a row of its own.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."PAYMENT_TYPE" IS 'Kind of payment.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."CASH_DRAWER" IS 'Drawer that took the cash.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."CARD_TYPE" IS 'Brand of the card.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."OTHER_TYPE" IS 'Name of the payment where the type is Other, such as DoorDash.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."EMAIL" IS 'E-mail of the guest: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."PHONE" IS 'Phone of the guest, in mixed formats: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."LAST_4_CARD_DIGITS" IS 'Last digits of the card, as a keyed hash: equal cards still group, and no digit is stored.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."V_MC_D_FEES" IS 'Card fees. Zero or empty in the nightly file; filled only in exports made days later.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."ROOM_INFO" IS 'Hotel room the payment was charged to, with its guest: stored as a keyed hash. Older exports lack it.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."RECEIPT" IS 'Token that opens the receipt. Dropped: a secret has no use in a table.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."SOURCE" IS 'Where the payment was made.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."LAST_4_GIFT_CARD_DIGITS" IS 'Last digits of the gift card, as a keyed hash: with the first five they would spend it. Older exports lack it.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."FIRST_5_GIFT_CARD_DIGITS" IS 'First digits of the gift card, as a keyed hash. Older exports lack it.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."PAID_AT_UTC" IS 'When it was paid, in UTC.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."REFUNDED_AT_UTC" IS 'When it was refunded, in UTC.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."VOIDED_AT_UTC" IS 'When it was voided, in UTC.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."IS_SUCCESSFUL" IS 'Whether the payment is money. The others are 1 to 2 % of all rows and carry full amounts.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."NET_TOTAL" IS 'The total less what was refunded since.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."PAYMENT_DETAILS"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."ITEM_SELECTION_DETAILS" (
  "LOCATION" VARCHAR,
  "ORDER_ID" VARCHAR NOT NULL,
  "ORDER_NUMBER" VARCHAR,
  "SENT_AT" TIMESTAMP_NTZ,
  "ORDER_AT" TIMESTAMP_NTZ,
  "CHECK_ID" VARCHAR,
  "SERVER" VARCHAR,
  "TABLE_NAME" VARCHAR,
  "DINING_AREA" VARCHAR,
  "SERVICE" VARCHAR,
  "DINING_OPTION" VARCHAR,
  "ITEM_SELECTION_ID" VARCHAR NOT NULL,
  "ITEM_ID" VARCHAR,
  "MASTER_ID" VARCHAR,
  "SKU" VARCHAR,
  "PLU" VARCHAR,
  "MENU_ITEM" VARCHAR,
  "MENU_SUBGROUPS" VARCHAR,
  "MENU_GROUP" VARCHAR,
  "MENU" VARCHAR,
  "SALES_CATEGORY" VARCHAR,
  "GROSS_PRICE" NUMBER(18,4) NOT NULL,
  "DISCOUNT" NUMBER(18,4),
  "NET_PRICE" NUMBER(18,4) NOT NULL,
  "QTY" NUMBER(18,4) NOT NULL,
  "TAX" NUMBER(18,8),
  "IS_VOID" BOOLEAN,
  "IS_DEFERRED" BOOLEAN,
  "IS_TAX_EXEMPT" BOOLEAN,
  "TAX_INCLUSION_OPTION" VARCHAR,
  "DINING_OPTION_TAX" VARCHAR,
  "TAB_NAME" VARCHAR,
  "SENT_AT_UTC" TIMESTAMP_TZ,
  "ORDER_AT_UTC" TIMESTAMP_TZ,
  "UNIT_PRICE" NUMBER(38,9),
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "ITEM_SELECTION_DETAILS_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "ITEM_SELECTION_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "ORDER_ID", "ITEM_ID", "MENU_GROUP");
COMMENT ON TABLE "TOAST"."ITEM_SELECTION_DETAILS" IS 'One row per item on a check. Prices are totals of the line: multiplying them by the quantity again counts them twice. Voided items keep their price; leave them out of sums.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."LOCATION" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."ORDER_ID" IS 'Order the item belongs to.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."ORDER_NUMBER" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."SENT_AT" IS 'When it was sent to the kitchen, local time.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."ORDER_AT" IS 'When the order was opened, local time.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."CHECK_ID" IS 'Check the item is on.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."SERVER" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."TABLE_NAME" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."DINING_AREA" IS 'Dining area of the table.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."SERVICE" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."DINING_OPTION" IS 'Dining option of the item.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."ITEM_SELECTION_ID" IS 'Toast''s id of this item on this check. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."ITEM_ID" IS 'Item of this location''s menu; joins all_items_report.item_id.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."MASTER_ID" IS 'Item across versions of the menu.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."SKU" IS 'Stock keeping unit.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."PLU" IS 'Price look-up code. Missing from Toast''s documentation.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."MENU_ITEM" IS 'Name of the item, in any script, emoji included.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."MENU_SUBGROUPS" IS 'Subgroup of the menu; mostly empty.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."MENU_GROUP" IS 'Group of the menu; empty for open and deleted items.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."MENU" IS 'Menu; empty for open items.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."SALES_CATEGORY" IS 'Sales category.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."GROSS_PRICE" IS 'Price of the line, paid modifiers included, before discounts and without tax, even where the price includes it.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."DISCOUNT" IS 'Discounts of the item itself; those of the check are in the net price alone.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."NET_PRICE" IS 'Price of the line after all discounts, those of the check included. Not always gross_price - discount.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."QTY" IS 'Quantity; weighed items have decimals.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."TAX" IS 'Tax with eight decimal places; Toast prints zero as 0E-8.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."IS_VOID" IS 'Whether the item was voided. It keeps its price.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."IS_DEFERRED" IS 'Whether the sale is deferred, as that of a gift card is.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."IS_TAX_EXEMPT" IS 'Whether the item is free of tax.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."TAX_INCLUSION_OPTION" IS 'Whether the menu price includes tax.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."DINING_OPTION_TAX" IS 'What the dining option does to the tax. Text, not a number.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."TAB_NAME" IS 'Name on the tab: personal data, stored as a keyed hash.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."SENT_AT_UTC" IS 'When it was sent to the kitchen, in UTC.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."ORDER_AT_UTC" IS 'When the order was opened, in UTC.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."UNIT_PRICE" IS 'Gross price of one; empty where the quantity is zero.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."ITEM_SELECTION_DETAILS"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."ALL_ITEMS_REPORT" (
  "MASTER_ID" VARCHAR,
  "ITEM_ID" VARCHAR,
  "PARENT_ID" VARCHAR,
  "MENU_NAME" VARCHAR,
  "MENU_GROUP" VARCHAR,
  "SUBGROUP" VARCHAR,
  "MENU_ITEM" VARCHAR,
  "TAGS" VARCHAR,
  "AVG_PRICE" FLOAT,
  "ITEM_QTY_INCL_VOIDS" NUMBER(18,4),
  "PCT_TTL_QTY_INCL_VOIDS" FLOAT,
  "GROSS_AMOUNT_INCL_VOIDS" NUMBER(18,4),
  "PCT_TTL_AMT_INCL_VOIDS" FLOAT,
  "ITEM_QTY" NUMBER(18,4) NOT NULL,
  "GROSS_AMOUNT" NUMBER(18,4),
  "VOID_QTY" NUMBER(18,4),
  "VOID_AMOUNT" NUMBER(18,4),
  "DISCOUNT_AMOUNT" NUMBER(18,4),
  "NET_AMOUNT" NUMBER(18,4) NOT NULL,
  "NUM_ORDERS" NUMBER(19,0),
  "PCT_TTL_NUM_ORDERS" FLOAT,
  "PCT_QTY_GROUP" FLOAT,
  "PCT_QTY_MENU" FLOAT,
  "PCT_QTY_ALL" FLOAT,
  "PCT_NET_AMT_GROUP" FLOAT,
  "PCT_NET_AMT_MENU" FLOAT,
  "PCT_NET_AMT_ALL" FLOAT,
  "ROW_LEVEL" VARCHAR,
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "ALL_ITEMS_REPORT_BUSINESS_DATE_LOCATION_ID_MENU_NAME_M_EA7DF423" UNIQUE ("BUSINESS_DATE", "LOCATION_ID", "MENU_NAME", "MENU_GROUP", "SUBGROUP", "MENU_ITEM", "ITEM_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "ROW_LEVEL", "MENU_GROUP", "MASTER_ID");
COMMENT ON TABLE "TOAST"."ALL_ITEMS_REPORT" IS 'Sales of the day by menu, group, subgroup and item, totals included as rows of their own. Filter by row_level: a sum over all rows counts every sale three to five times.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."MASTER_ID" IS 'Item or group across versions of the menu. Empty on rows of a menu; negative for what Toast makes up: gift cards and open items. A number such as -1 alone does not tell which.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."ITEM_ID" IS 'Item or group of this location''s menu. Not unique within a day.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PARENT_ID" IS 'Master id of the group, on rows of items.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."MENU_NAME" IS 'Menu; `ALL MENUS` on the row of the grand total.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."MENU_GROUP" IS 'Group; empty on rows of a menu and of the grand total.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."SUBGROUP" IS 'Subgroup; mostly empty.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."MENU_ITEM" IS 'Item; empty on rows that are totals.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."TAGS" IS 'Tags; mostly empty. Missing from Toast''s documentation.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."AVG_PRICE" IS 'Gross amount of one item, though Toast documents the net.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."ITEM_QTY_INCL_VOIDS" IS 'Quantity sold or voided.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_TTL_QTY_INCL_VOIDS" IS 'Share of that quantity, 0 to 1.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."GROSS_AMOUNT_INCL_VOIDS" IS 'Gross amount and void amount together.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_TTL_AMT_INCL_VOIDS" IS 'Share of that amount, 0 to 1.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."ITEM_QTY" IS 'Quantity sold, voids left out.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."GROSS_AMOUNT" IS 'Sales before discounts, voids left out.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."VOID_QTY" IS 'Quantity voided.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."VOID_AMOUNT" IS 'Amount voided.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."DISCOUNT_AMOUNT" IS 'Discounts, including those of checks, spread over their items.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."NET_AMOUNT" IS 'Sales after discounts.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."NUM_ORDERS" IS 'Orders with the item, voided ones left out.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_TTL_NUM_ORDERS" IS 'Share of the orders. Can exceed 1 on a group; 0 on the grand total.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_QTY_GROUP" IS 'Share of the group''s quantity.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_QTY_MENU" IS 'Share of the menu''s quantity.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_QTY_ALL" IS 'Share of the whole quantity.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_NET_AMT_GROUP" IS 'Share of the group''s net amount.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_NET_AMT_MENU" IS 'Share of the menu''s net amount.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."PCT_NET_AMT_ALL" IS 'Share of the whole net amount.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."ROW_LEVEL" IS 'What the row is a total of: ALL, MENU, GROUP, SUBGROUP or ITEM; null for a row without any name, which Toast writes with zeros. Every query needs it.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."ALL_ITEMS_REPORT"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."KITCHEN_TIMINGS" (
  "LOCATION" VARCHAR,
  "TICKET_ID" VARCHAR NOT NULL,
  "SERVER" VARCHAR,
  "CHECK_NUMBER" VARCHAR,
  "TABLE_NAME" VARCHAR,
  "CHECK_OPENED_AT" TIMESTAMP_NTZ,
  "STATION" VARCHAR,
  "EXPEDITER_LEVEL" NUMBER(19,0),
  "FIRED_AT" TIMESTAMP_NTZ,
  "FULFILLED_AT" TIMESTAMP_NTZ,
  "FULFILLMENT_TIME_TEXT" VARCHAR,
  "FULFILLED_BY" VARCHAR,
  "FIRED_AT_UTC" TIMESTAMP_TZ,
  "FULFILLED_AT_UTC" TIMESTAMP_TZ,
  "FULFILLMENT_SECONDS" NUMBER(19,0),
  "FULFILLMENT_MINUTES" NUMBER(18,1),
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "KITCHEN_TIMINGS_BUSINESS_DATE_LOCATION_ID_TICKET_ID_ST_0AF06F93" UNIQUE ("BUSINESS_DATE", "LOCATION_ID", "TICKET_ID", "STATION", "EXPEDITER_LEVEL")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "STATION", "CHECK_NUMBER");
COMMENT ON TABLE "TOAST"."KITCHEN_TIMINGS" IS 'One row per ticket and station of the kitchen displays. Header only where a restaurant has none.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."LOCATION" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."TICKET_ID" IS 'Toast''s id of the ticket, though it is documented as that of the check. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."SERVER" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."CHECK_NUMBER" IS 'Number of the check: the only link to it, within one business day and location.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."TABLE_NAME" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."CHECK_OPENED_AT" IS 'When the check was opened, local time.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."STATION" IS 'Station that prepared it; empty for expediters and kitchens with a single one.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."EXPEDITER_LEVEL" IS 'Level of the expediter, 1 or 2.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FIRED_AT" IS 'When the kitchen got it, local time.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FULFILLED_AT" IS 'When it was done, local time. Empty when it never was marked so.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FULFILLMENT_TIME_TEXT" IS 'Time from fired to done in English words, to the second; the fired and done times have minutes only.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FULFILLED_BY" IS 'Who marked it done.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FIRED_AT_UTC" IS 'When the kitchen got it, in UTC.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FULFILLED_AT_UTC" IS 'When it was done, in UTC.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FULFILLMENT_SECONDS" IS 'Time from fired to done.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."FULFILLMENT_MINUTES" IS 'The same in minutes with one decimal: the column fulfillment_time of the script before Daybreak, which wrote 0.0 where there was none.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."KITCHEN_TIMINGS"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."CASH_ENTRIES" (
  "LOCATION" VARCHAR,
  "ENTRY_ID" VARCHAR NOT NULL,
  "CREATED_AT" TIMESTAMP_NTZ NOT NULL,
  "ACTION" VARCHAR,
  "AMOUNT" NUMBER(18,4),
  "CASH_DRAWER" VARCHAR,
  "PAYOUT_REASON" VARCHAR,
  "NO_SALE_REASON" VARCHAR,
  "COMMENT" VARCHAR,
  "EMPLOYEE" VARCHAR,
  "EMPLOYEE_2" VARCHAR,
  "CREATED_AT_UTC" TIMESTAMP_TZ,
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "CASH_ENTRIES_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "ENTRY_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "ACTION", "EMPLOYEE");
COMMENT ON TABLE "TOAST"."CASH_ENTRIES" IS 'One row per movement of a cash drawer. Header only where a restaurant has none.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."LOCATION" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."ENTRY_ID" IS 'Toast''s id of the movement. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."CREATED_AT" IS 'When it was entered, local time.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."ACTION" IS 'What was done. VOID_CASH_PAYMENT takes a CASH_PAYMENT back, CASH_OUT is undone by CASH_IN, TIP_OUT by CASH_COLLECTED.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."AMOUNT" IS 'Positive adds cash to the drawer, negative takes it out.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."CASH_DRAWER" IS 'Drawer.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."PAYOUT_REASON" IS 'Reason of a PAY_OUT.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."NO_SALE_REASON" IS 'Reason of a NO_SALE. Missing from Toast''s documentation.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."COMMENT" IS 'Free text.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."EMPLOYEE" IS 'Who entered it.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."EMPLOYEE_2" IS 'Who received the cash.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."CREATED_AT_UTC" IS 'When it was entered, in UTC.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."CASH_ENTRIES"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."MODIFIERS_SELECTION_DETAILS" (
  "LOCATION" VARCHAR,
  "ORDER_ID" VARCHAR NOT NULL,
  "ORDER_NUMBER" VARCHAR,
  "SENT_AT" TIMESTAMP_NTZ,
  "ORDER_AT" TIMESTAMP_NTZ,
  "CHECK_ID" VARCHAR,
  "SERVER" VARCHAR,
  "TABLE_NAME" VARCHAR,
  "DINING_AREA" VARCHAR,
  "SERVICE" VARCHAR,
  "DINING_OPTION" VARCHAR,
  "ITEM_SELECTION_ID" VARCHAR NOT NULL,
  "MODIFIER_ID" VARCHAR,
  "MASTER_ID" VARCHAR,
  "MODIFIER_SKU" VARCHAR,
  "MODIFIER_PLU" VARCHAR,
  "MODIFIER" VARCHAR,
  "OPTION_GROUP_ID" VARCHAR,
  "OPTION_GROUP_NAME" VARCHAR,
  "PARENT_MENU_SELECTION_ITEM_ID" VARCHAR,
  "PARENT_MENU_SELECTION" VARCHAR,
  "SALES_CATEGORY" VARCHAR,
  "GROSS_PRICE" NUMBER(18,4) NOT NULL,
  "DISCOUNT" NUMBER(18,4),
  "NET_PRICE" NUMBER(18,4) NOT NULL,
  "QTY" NUMBER(18,4) NOT NULL,
  "IS_VOID" BOOLEAN,
  "VOID_REASON_ID" VARCHAR,
  "VOID_REASON" VARCHAR,
  "SENT_AT_UTC" TIMESTAMP_TZ,
  "ORDER_AT_UTC" TIMESTAMP_TZ,
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "MODIFIERS_SELECTION_DETAILS_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "ITEM_SELECTION_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "ORDER_ID", "PARENT_MENU_SELECTION_ITEM_ID");
COMMENT ON TABLE "TOAST"."MODIFIERS_SELECTION_DETAILS" IS 'One row per modifier of an item. Its prices are already inside those of the item: never add the two. Notes to the kitchen are modifiers too, so a field may hold line breaks.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."LOCATION" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."ORDER_ID" IS 'Order the modifier belongs to.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."ORDER_NUMBER" IS 'Number printed on the ticket. Restarts every business day, and offline devices use ranges of their own: never a key.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."SENT_AT" IS 'When it was sent to the kitchen, local time.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."ORDER_AT" IS 'When the order was opened, local time.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."CHECK_ID" IS 'Check the modifier is on.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."SERVER" IS 'Employee who owns it; online orders say Default Online Ordering.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."TABLE_NAME" IS 'Table. Free text, though Toast documents a number.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."DINING_AREA" IS 'Dining area of the table.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."SERVICE" IS 'Part of the day as the restaurant configured it, such as Lunch or Late Night.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."DINING_OPTION" IS 'Dining option of the item.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."ITEM_SELECTION_ID" IS 'Toast''s id of this modifier on this check, not of its item. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."MODIFIER_ID" IS 'Modifier of this location''s menu; empty for notes.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."MASTER_ID" IS 'Modifier across versions of the menu.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."MODIFIER_SKU" IS 'Stock keeping unit.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."MODIFIER_PLU" IS 'Price look-up code.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."MODIFIER" IS 'Name of the modifier, or what a guest asked for.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."OPTION_GROUP_ID" IS 'Group of the modifier; empty for notes.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."OPTION_GROUP_NAME" IS 'Name of that group.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."PARENT_MENU_SELECTION_ITEM_ID" IS 'Menu item that was modified: item_id of item_selection_details.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."PARENT_MENU_SELECTION" IS 'Name of the item that was modified.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."SALES_CATEGORY" IS 'Sales category.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."GROSS_PRICE" IS 'Price of the line before discounts; part of the item''s price.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."DISCOUNT" IS 'Discounts.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."NET_PRICE" IS 'Price of the line after discounts; part of the item''s price.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."QTY" IS 'Quantity.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."IS_VOID" IS 'Whether it was voided.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."VOID_REASON_ID" IS 'Reason of the void.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."VOID_REASON" IS 'Name of that reason.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."SENT_AT_UTC" IS 'When it was sent to the kitchen, in UTC.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."ORDER_AT_UTC" IS 'When the order was opened, in UTC.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."MODIFIERS_SELECTION_DETAILS"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."TIME_ENTRIES" (
  "LOCATION" VARCHAR,
  "LOCATION_CODE" VARCHAR,
  "TIME_ENTRY_ID" VARCHAR NOT NULL,
  "TIME_ENTRY_GUID" VARCHAR,
  "EMPLOYEE_ID" VARCHAR,
  "EMPLOYEE_GUID" VARCHAR,
  "EMPLOYEE_EXTERNAL_ID" VARCHAR,
  "EMPLOYEE" VARCHAR,
  "JOB_ID" VARCHAR,
  "JOB_GUID" VARCHAR,
  "JOB_CODE" VARCHAR,
  "JOB_TITLE" VARCHAR,
  "IN_AT" TIMESTAMP_NTZ NOT NULL,
  "OUT_AT" TIMESTAMP_NTZ,
  "IS_AUTO_CLOCK_OUT" BOOLEAN,
  "TOTAL_HOURS" NUMBER(18,4),
  "UNPAID_BREAK_TIME" NUMBER(18,4),
  "PAID_BREAK_TIME" NUMBER(18,4),
  "PAYABLE_HOURS" NUMBER(18,4),
  "CASH_TIPS_DECLARED" NUMBER(18,4),
  "NON_CASH_TIPS" NUMBER(18,4),
  "TOTAL_GRATUITY" NUMBER(18,4),
  "TOTAL_TIPS" NUMBER(18,4),
  "TIPS_WITHHELD" NUMBER(18,4),
  "WAGE" NUMBER(18,4),
  "REGULAR_HOURS" NUMBER(18,4),
  "OVERTIME_HOURS" NUMBER(18,4),
  "REGULAR_PAY" NUMBER(18,4),
  "OVERTIME_PAY" NUMBER(18,4),
  "TOTAL_PAY" NUMBER(18,4),
  "IN_AT_UTC" TIMESTAMP_TZ,
  "OUT_AT_UTC" TIMESTAMP_TZ,
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "TIME_ENTRIES_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "TIME_ENTRY_ID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID", "JOB_TITLE", "EMPLOYEE_ID");
COMMENT ON TABLE "TOAST"."TIME_ENTRIES" IS 'One row per shift of an employee, filed under the business date it started on. Needed for labour cost.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."LOCATION" IS 'Name of the restaurant as Toast prints it. Older downloads lack it; location_id is the key.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."LOCATION_CODE" IS 'Code of the restaurant, where one is configured.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."TIME_ENTRY_ID" IS 'Toast''s id of the shift. Text, because its 16 to 19 digits do not fit a floating point number.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."TIME_ENTRY_GUID" IS 'The same as a GUID.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."EMPLOYEE_ID" IS 'Toast''s id of the employee.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."EMPLOYEE_GUID" IS 'The same as a GUID.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."EMPLOYEE_EXTERNAL_ID" IS 'Id of the employee in another system, such as payroll.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."EMPLOYEE" IS 'Name of the employee. The row also has wages, so the name is stored as a keyed hash; employee_id joins.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."JOB_ID" IS 'Toast''s id of the job.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."JOB_GUID" IS 'The same as a GUID.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."JOB_CODE" IS 'Code of the job.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."JOB_TITLE" IS 'Name of the job.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."IN_AT" IS 'When the shift began, local time.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."OUT_AT" IS 'When it ended, local time; after midnight for a late shift. Empty while it lasts.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."IS_AUTO_CLOCK_OUT" IS 'Whether the system ended the shift at the closeout hour. Printed as Yes and No.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."TOTAL_HOURS" IS 'Hours from in to out.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."UNPAID_BREAK_TIME" IS 'Unpaid breaks.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."PAID_BREAK_TIME" IS 'Paid breaks.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."PAYABLE_HOURS" IS 'Hours that are paid.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."CASH_TIPS_DECLARED" IS 'Cash tips the employee declared. Empty when none were asked for.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."NON_CASH_TIPS" IS 'Tips paid by card.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."TOTAL_GRATUITY" IS 'Gratuity.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."TOTAL_TIPS" IS 'Tips, cash and card.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."TIPS_WITHHELD" IS 'Tips kept back for fees.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."WAGE" IS 'Pay for one hour. Empty where the restaurant does not keep wages in Toast.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."REGULAR_HOURS" IS 'Hours at the regular rate.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."OVERTIME_HOURS" IS 'Hours at the overtime rate.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."REGULAR_PAY" IS 'Pay for the regular hours.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."OVERTIME_PAY" IS 'Pay for the overtime hours.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."TOTAL_PAY" IS 'Pay for the shift.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."IN_AT_UTC" IS 'When the shift began, in UTC.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."OUT_AT_UTC" IS 'When the shift ended, in UTC.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."TIME_ENTRIES"."_LOADED_AT" IS 'When the row was loaded, UTC.';

CREATE TABLE IF NOT EXISTS "TOAST"."HOUSE_ACCOUNT_EXPORT" (
  "HOUSE_ACCOUNT_GUID" VARCHAR NOT NULL,
  "CUSTOMER_NUMBER" VARCHAR,
  "LOCATION_ID" VARCHAR NOT NULL,
  "BUSINESS_DATE" DATE NOT NULL,
  "_SOURCE_FILE" VARCHAR,
  "_ROW_NUMBER" NUMBER(19,0),
  "_RAW_SHA256" VARCHAR,
  "_RUN_ID" VARCHAR,
  "_LOADED_AT" TIMESTAMP_TZ,
  CONSTRAINT "HOUSE_ACCOUNT_EXPORT_PK" PRIMARY KEY ("BUSINESS_DATE", "LOCATION_ID", "HOUSE_ACCOUNT_GUID")
) CLUSTER BY ("BUSINESS_DATE", "LOCATION_ID");
COMMENT ON TABLE "TOAST"."HOUSE_ACCOUNT_EXPORT" IS 'One row per house account of the restaurant, as it was when the file was written. Header only where there are none.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."HOUSE_ACCOUNT_GUID" IS 'Toast''s id of the account, as a keyed hash: an account may be a person.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."CUSTOMER_NUMBER" IS 'Number of the customer that the account belongs to, as a keyed hash.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."LOCATION_ID" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."BUSINESS_DATE" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."_SOURCE_FILE" IS 'Path of the file at the source.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."_ROW_NUMBER" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."_RAW_SHA256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."_RUN_ID" IS 'Run that loaded the row.';
COMMENT ON COLUMN "TOAST"."HOUSE_ACCOUNT_EXPORT"."_LOADED_AT" IS 'When the row was loaded, UTC.';
