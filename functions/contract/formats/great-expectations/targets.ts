import { quoteIdentifier as bigqueryName } from '../../../sql/dialects/bigquery/quote.ts'
import { quoteIdentifier as databricksName } from '../../../sql/dialects/databricks/quote.ts'
import { quoteIdentifier as postgresName } from '../../../sql/dialects/postgres/quote.ts'
import { quoteIdentifier as snowflakeName } from '../../../sql/dialects/snowflake/quote.ts'
import type { Relation } from '../../../sql/relation.ts'

/** A system whose tables are judged, and how its files are read. */
export interface Target {
  readonly name: string
  /** Of the data source of the tables, in the words of Great Expectations. */
  readonly type: string
  /** Its connection; a name in capitals is a variable of the environment. */
  readonly connection: Readonly<Record<string, string>>
  readonly files: 'pandas_filesystem' | 'spark_filesystem'
  readonly identifier: (name: string) => string
  /** True where conditions of contracts are written in its SQL. */
  readonly hasRowConditions: boolean
  /** The asset of a table without its batches. */
  readonly asset: (table: Relation) => Readonly<Record<string, string>>
}

const variable = (name: string): string => `\${${name}}`

const tableAsset = ({ schema, name }: Relation): Readonly<Record<string, string>> => ({
  type: 'table',
  table_name: name,
  schema_name: schema,
})

/** A query over all partitions is refused there, so the asset is the last seven days. */
function recentAsset(table: Relation): Readonly<Record<string, string>> {
  if (table.partitionBy === null) return tableAsset(table)
  const from = [table.schema, table.name].map(bigqueryName).join('.')
  const since = `${bigqueryName(table.partitionBy)} >= DATE_SUB(CURRENT_DATE(), INTERVAL 7 DAY)`
  return { type: 'query', query: `SELECT * FROM ${from} WHERE ${since}` }
}

/** A project of Great Expectations is written for each. */
export const TARGETS: readonly Target[] = [
  {
    name: 'bigquery',
    type: 'sql',
    connection: { connection_string: `bigquery://${variable('GOOGLE_CLOUD_PROJECT')}` },
    files: 'pandas_filesystem',
    identifier: bigqueryName,
    hasRowConditions: true,
    asset: recentAsset,
  },
  {
    name: 'postgres',
    type: 'postgres',
    connection: { connection_string: variable('POSTGRES_URL') },
    files: 'pandas_filesystem',
    identifier: postgresName,
    hasRowConditions: false,
    asset: tableAsset,
  },
  {
    name: 'snowflake',
    type: 'snowflake',
    connection: { connection_string: variable('SNOWFLAKE_URL') },
    files: 'pandas_filesystem',
    identifier: snowflakeName,
    hasRowConditions: false,
    asset: tableAsset,
  },
  {
    name: 'databricks',
    type: 'databricks_sql',
    connection: { connection_string: variable('DATABRICKS_URL') },
    files: 'spark_filesystem',
    identifier: databricksName,
    hasRowConditions: false,
    asset: tableAsset,
  },
]
