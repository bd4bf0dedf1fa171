CREATE SCHEMA IF NOT EXISTS `toast`;

CREATE TABLE IF NOT EXISTS `toast`.`orders` (
  `order_id` STRING OPTIONS (description = 'Id.'),
  `amount` NUMERIC OPTIONS (description = 'Money.'),
  `tax` NUMERIC OPTIONS (description = 'Money.'),
  `location_id` STRING OPTIONS (description = 'Export id of the location: the folder the file came from.'),
  `business_date` DATE OPTIONS (description = 'Business date of the location: the name of the day folder.'),
  `_source_file` STRING OPTIONS (description = 'Path of the file at the source.'),
  `_row_number` INT64 OPTIONS (description = 'Line of the first character of the record in the file, from 1; in JSON the number of the row.'),
  `_raw_sha256` STRING OPTIONS (description = 'SHA-256 of the raw file, in hexadecimal.'),
  `_loaded_at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP() OPTIONS (description = 'When the row was loaded, UTC.'),
  PRIMARY KEY (`business_date`, `location_id`, `order_id`) NOT ENFORCED
)
PARTITION BY `business_date`
CLUSTER BY `order_id`
OPTIONS (description = 'Orders.', require_partition_filter = TRUE);
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
