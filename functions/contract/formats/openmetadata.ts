import type { Relation, RelationColumn } from '../../sql/relation.ts'
import type { ColumnType, Contract } from '../contract.ts'
import { foreignKeysOf } from '../references.ts'
import { relationOf } from '../relation.ts'
import { decimalPlaces, numericPrecision } from '../sql-type.ts'
import type { ContractFormat, ContractSet, ExportedFile } from './format.ts'

/** Requests that make the tables in OpenMetadata, and recipes that read their systems. */
export const OPENMETADATA: ContractFormat = {
  name: 'openmetadata',
  description: 'OpenMetadata: a request per table, and ingestion recipes for BigQuery, PostgreSQL and Unity Catalog.',
  export: (set) => [
    ...set.contracts.map((contract) => tableFile(contract, set)),
    ...RECIPES.map((recipe) => recipeFile(recipe, set)),
  ],
}

/** A variable of the environment, which `metadata ingest` replaces. */
const variable = (name: string): string => `\${${name}}`

const SERVICE = 'daybreak'
/** Name of the database that tables stand below in OpenMetadata: our tables have two levels of names, its tables three. */
export const DATABASE = 'default'

const parentOf = ({ pipeline }: ContractSet): string => `${SERVICE}.${DATABASE}.${pipeline}`

function tableFile(contract: Contract, set: ContractSet): ExportedFile {
  const table = relationOf(contract, { catalog: null, schema: set.pipeline })
  const foreignKeys = foreignKeysOf(contract, { catalog: null, schema: set.pipeline }, set.streams)
  const value = {
    name: table.name,
    description: table.description,
    tableType: 'Regular',
    databaseSchema: parentOf(set),
    columns: table.columns.map((column, index) => columnOf(column, index, table)),
    tableConstraints: [
      ...(table.primaryKey.length > 0 ? [{ constraintType: 'PRIMARY_KEY', columns: table.primaryKey }] : []),
      ...table.unique.map((columns) => ({ constraintType: 'UNIQUE', columns })),
      ...foreignKeys.map(({ columns, to }) => ({
        constraintType: 'FOREIGN_KEY',
        columns,
        referredColumns: to.columns.map((name) => `${parentOf(set)}.${to.name}.${name}`),
      })),
    ],
    ...(table.partitionBy !== null && {
      tablePartition: { columns: [{ columnName: table.partitionBy, intervalType: 'TIME-UNIT', interval: 'DAY' }] },
    }),
  }
  return { path: `tables/${table.name}.json`, content: { kind: 'json', value } }
}

const TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'STRING',
  int64: 'BIGINT',
  numeric: 'NUMERIC',
  float64: 'DOUBLE',
  bool: 'BOOLEAN',
  date: 'DATE',
  time: 'TIME',
  datetime: 'DATETIME',
  timestamp: 'TIMESTAMP',
}

/** Pure: type of a column in OpenMetadata, `UNKNOWN` for one that contracts do not have. */
export function dataTypeOf(type: string | null): string {
  return Object.entries(TYPES).find(([name]) => name === type)?.[1] ?? 'UNKNOWN'
}

function columnOf(column: RelationColumn, index: number, { primaryKey }: Relation): object {
  const scale = decimalPlaces(column)
  const isKey = primaryKey.length === 1 && primaryKey[0] === column.name
  return {
    name: column.name,
    dataType: TYPES[column.type],
    dataTypeDisplay: column.type,
    ...(column.type === 'numeric' && { precision: numericPrecision(scale), scale }),
    description: column.description,
    constraint: isKey ? 'PRIMARY_KEY' : column.isRequired ? 'NOT_NULL' : 'NULL',
    ordinalPosition: index + 1,
  }
}

interface Recipe {
  readonly name: string
  readonly type: string
  /** Members of the connection; a value in capitals and braces is a variable of the environment. */
  readonly connection: Readonly<Record<string, unknown>>
}

const RECIPES: readonly Recipe[] = [
  {
    name: 'bigquery',
    type: 'BigQuery',
    connection: {
      credentials: { gcpConfig: { type: 'gcp_adc', projectId: variable('GOOGLE_CLOUD_PROJECT') } },
      taxonomyProjectID: [variable('GOOGLE_CLOUD_PROJECT')],
    },
  },
  {
    name: 'postgres',
    type: 'Postgres',
    connection: {
      hostPort: variable('POSTGRES_HOST_PORT'),
      username: variable('POSTGRES_USER'),
      authType: { password: variable('POSTGRES_PASSWORD') },
      database: variable('POSTGRES_DATABASE'),
    },
  },
  {
    name: 'unity-catalog',
    type: 'UnityCatalog',
    connection: {
      hostPort: variable('DATABRICKS_HOST_PORT'),
      authType: { token: variable('DATABRICKS_TOKEN') },
      httpPath: variable('DATABRICKS_HTTP_PATH'),
      catalog: variable('DATABRICKS_CATALOG'),
    },
  },
]

/** A workflow of `metadata ingest -c FILE`. */
function recipeFile({ name, type, connection }: Recipe, { pipeline, contracts }: ContractSet): ExportedFile {
  const value = {
    source: {
      type: type.toLowerCase(),
      serviceName: `${SERVICE}_${name.replaceAll('-', '_')}`,
      serviceConnection: { config: { type, ...connection } },
      sourceConfig: {
        config: {
          type: 'DatabaseMetadata',
          schemaFilterPattern: { includes: [`^${pipeline}$`] },
          tableFilterPattern: { includes: contracts.map(({ stream }) => `^${stream}$`) },
          includeTags: true,
          markDeletedTables: false,
        },
      },
    },
    sink: { type: 'metadata-rest', config: {} },
    workflowConfig: {
      loggerLevel: 'INFO',
      openMetadataServerConfig: {
        hostPort: variable('OPENMETADATA_HOST_PORT'),
        authProvider: 'openmetadata',
        securityConfig: { jwtToken: variable('OPENMETADATA_TOKEN') },
      },
    },
  }
  return { path: `recipes/${name}.yaml`, content: { kind: 'yaml', value } }
}
