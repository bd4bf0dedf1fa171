import type { DdlDialect } from '../ddl.ts'
import { BIGQUERY_DDL } from './bigquery/ddl.ts'
import { DATABRICKS_DDL } from './databricks/ddl.ts'
import { DUCKDB_DDL } from './duckdb/ddl.ts'
import { MYSQL_DDL } from './mysql/ddl.ts'
import { POSTGRES_DDL } from './postgres/ddl.ts'
import { SNOWFLAKE_DDL } from './snowflake/ddl.ts'

/** Every system that tables can be declared for, by its name. More than those that Daybreak loads into. */
export const DDL_DIALECTS = {
  duckdb: DUCKDB_DDL,
  bigquery: BIGQUERY_DDL,
  postgres: POSTGRES_DDL,
  mysql: MYSQL_DDL,
  snowflake: SNOWFLAKE_DDL,
  databricks: DATABRICKS_DDL,
} as const satisfies Readonly<Record<string, DdlDialect>>

/** Values that `--dialect` of `contract ddl` and `contract diff` takes. */
export const DDL_DIALECT_NAMES = [
  ...(['duckdb', 'bigquery', 'postgres', 'mysql', 'snowflake', 'databricks'] as const),
] as const satisfies readonly (keyof typeof DDL_DIALECTS)[]
