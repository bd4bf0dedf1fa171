CREATE SCHEMA IF NOT EXISTS "toast";

CREATE TABLE IF NOT EXISTS "toast"."orders" (
  "order_id" VARCHAR NOT NULL,
  "amount" DECIMAL(38,9),
  "tax" DECIMAL(38,9),
  "location_id" VARCHAR NOT NULL,
  "business_date" DATE NOT NULL,
  "_source_file" VARCHAR,
  "_row_number" BIGINT,
  "_raw_sha256" VARCHAR,
  "_run_id" VARCHAR,
  "_loaded_at" TIMESTAMP WITH TIME ZONE,
  CONSTRAINT "orders_pk" PRIMARY KEY ("business_date", "location_id", "order_id")
);
COMMENT ON TABLE "toast"."orders" IS 'Orders.';
COMMENT ON COLUMN "toast"."orders"."order_id" IS 'Id.';
COMMENT ON COLUMN "toast"."orders"."amount" IS 'Money.';
COMMENT ON COLUMN "toast"."orders"."tax" IS 'Money.';
COMMENT ON COLUMN "toast"."orders"."location_id" IS 'Export id of the location: the folder the file came from.';
COMMENT ON COLUMN "toast"."orders"."business_date" IS 'Business date of the location: the name of the day folder.';
COMMENT ON COLUMN "toast"."orders"."_source_file" IS 'Path of the file at the source.';
COMMENT ON COLUMN "toast"."orders"."_row_number" IS 'Line of the first character of the record in the file, from 1; in JSON the number of the row.';
COMMENT ON COLUMN "toast"."orders"."_raw_sha256" IS 'SHA-256 of the raw file, in hexadecimal.';
COMMENT ON COLUMN "toast"."orders"."_run_id" IS 'Run that loaded the row.';
COMMENT ON COLUMN "toast"."orders"."_loaded_at" IS 'When the row was loaded, UTC.';
