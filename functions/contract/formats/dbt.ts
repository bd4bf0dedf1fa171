import { bigqueryType } from '../../sql/dialects/bigquery/column-type.ts'
import { BIGQUERY } from '../../sql/dialects/bigquery/dialect.ts'
import { DUCKDB } from '../../sql/dialects/duckdb/dialect.ts'
import { constraintName, type Relation, type RelationColumn } from '../../sql/relation.ts'
import { type Contract, LOAD_COLUMNS, type RowCheck } from '../contract.ts'
import { relationOf } from '../relation.ts'
import { type ContractFormat, type ContractSet, type ExportedFile, present, type SetExposure } from './format.ts'
import { rowCheckSql } from './row-sql.ts'

/** Start of the days that tests look at; `--vars` of dbt sets it. */
const FROM = "{{ var('daybreak_from', '1900-01-01') }}"

/** A dbt project: the tables as a source, a view over each, the tests of its contract on the view, and exposures. */
export const DBT: ContractFormat = {
  name: 'dbt',
  description: 'A dbt project: sources, a view over each table, tests, and exposures.',
  export: (set) => [
    project(set),
    { path: 'macros/daybreak.sql', content: { kind: 'text', text: GENERIC_TESTS } },
    { path: `models/${set.pipeline}/sources.yml`, content: { kind: 'yaml', value: sources(set) } },
    { path: `models/${set.pipeline}/schema.yml`, content: { kind: 'yaml', value: models(set) } },
    ...set.contracts.map((contract) => view(contract, set)),
    ...exposuresFile(set),
  ],
}

function project({ pipeline }: ContractSet): ExportedFile {
  const value = {
    name: `daybreak_${pipeline}`,
    version: '1.0.0',
    'config-version': 2,
    profile: 'daybreak',
    'model-paths': ['models'],
    'macro-paths': ['macros'],
    // Arguments stand next to the name of a test, as in the published schema of these files.
    flags: { require_generic_test_arguments_property: false },
    models: { [`daybreak_${pipeline}`]: { '+materialized': 'view' } },
  }
  return { path: 'dbt_project.yml', content: { kind: 'yaml', value } }
}

/** The table without the column that not every warehouse has. */
function relation(contract: Contract, { pipeline }: ContractSet): Relation {
  const [runId] = LOAD_COLUMNS
  const table = relationOf(contract, { catalog: null, schema: pipeline })
  return { ...table, columns: table.columns.filter(({ name }) => name !== runId.name) }
}

const viewOf = (stream: string): string => `stg_${stream}`

function sources(set: ContractSet): object {
  return {
    version: 2,
    sources: [
      {
        name: set.pipeline,
        schema: `{{ var('daybreak_schema', '${set.pipeline}') }}`,
        loader: 'daybreak',
        tables: set.contracts.map((contract) => sourceTable(contract, relation(contract, set))),
      },
    ],
  }
}

function sourceTable(contract: Contract, { name, description, columns, partitionBy }: Relation): object {
  const loadedAt = LOAD_COLUMNS[1].name
  return {
    name,
    description: text(description),
    ...(contract.provenance !== 'none' && {
      loaded_at_field: loadedAt,
      freshness: {
        warn_after: { count: 36, period: 'hour' },
        ...(partitionBy !== null && { filter: since(partitionBy) }),
      },
    }),
    columns: columns.map((column) => ({
      name: column.name,
      description: text(column.description),
      data_type: bigqueryType(column),
    })),
  }
}

const since = (partition: string): string => `${partition} >= cast('${FROM}' as date)`

/** A description is a template of Jinja there. */
const text = (description: string): string => description.replaceAll('{', '&#123;').replaceAll('}', '&#125;')

function view(contract: Contract, set: ContractSet): ExportedFile {
  const { name, columns, partitionBy } = relation(contract, set)
  const lines = columns.map((column) => `  ${column.name}`).join(',\n')
  const filter = partitionBy === null ? '' : `\nwhere ${since(partitionBy)}`
  const sql = `select\n${lines}\nfrom {{ source('${set.pipeline}', '${name}') }}${filter}\n`
  return { path: `models/${set.pipeline}/${viewOf(name)}.sql`, content: { kind: 'text', text: sql } }
}

function models(set: ContractSet): object {
  return { version: 2, models: set.contracts.map((contract) => model(contract, set)) }
}

function model(contract: Contract, set: ContractSet): object {
  const table = relation(contract, set)
  const tests = [...keyTests(table), ...checkTests(contract)]
  return {
    name: viewOf(table.name),
    description: text(table.description),
    columns: table.columns.map((column) => {
      const own = [...columnTests(column, contract), ...relationTests(column, contract, set)]
      return present({
        name: column.name,
        description: text(column.description),
        data_type: bigqueryType(column),
        data_tests: own.length > 0 ? own : undefined,
      })
    }),
    ...(tests.length > 0 && { data_tests: tests }),
  }
}

type Test = string | Readonly<Record<string, object>>

function columnTests(column: RelationColumn, { stream, columns }: Contract): readonly Test[] {
  const declared = columns.find(({ name }) => name === column.name)
  const name = (kind: string): string => constraintName(stream, column.name, kind)
  return [
    ...(column.isRequired ? ['not_null'] : []),
    // An open list only warns, as it does in a load.
    ...(declared?.values && !declared.closed && declared.privacy === 'keep'
      ? [{ accepted_values: { name: name('known'), values: declared.values, config: { severity: 'warn' } } }]
      : []),
    ...column.rules.map((rule): Test => {
      if (rule.kind === 'values') return { accepted_values: { name: name('values'), values: rule.values } }
      if (rule.kind === 'pattern') return { daybreak_pattern: { name: name('pattern'), pattern: rule.pattern } }
      const bound = (value: string | number | null): string | undefined => {
        if (value === null) return undefined
        return column.type === 'date' ? `date '${value}'` : String(value)
      }
      const { kind, min, max } = rule
      return { [`daybreak_${kind}`]: present({ name: name(kind), min: bound(min), max: bound(max) }) }
    }),
  ]
}

function relationTests(
  { name }: RelationColumn,
  { stream, references = [] }: Contract,
  { streams }: ContractSet,
): readonly Test[] {
  return references.flatMap(({ columns, to, effect }) => {
    const target = streams.get(to)
    const field = target?.key.find((key) => target.columns.some((column) => column.name === key))
    if (!columns.includes(name) || field === undefined) return []
    const config = { severity: effect === 'warn' ? 'warn' : 'error' }
    return [
      { relationships: { name: constraintName(stream, name, 'in', to), to: `ref('${viewOf(to)}')`, field, config } },
    ]
  })
}

function keyTests({ name, primaryKey, unique }: Relation): readonly Test[] {
  return [...(primaryKey.length > 0 ? [primaryKey] : []), ...unique].map((columns) => ({
    daybreak_key: { name: constraintName(name, ...columns, 'key'), columns: [...columns] },
  }))
}

function checkTests(contract: Contract): readonly Test[] {
  return contract.checks.flatMap((check) => ('that' in check ? rowTest(check, contract) : []))
}

/** The engines of contracts write the condition for two systems; elsewhere the test says that it was left out. */
function rowTest(check: RowCheck, contract: Contract): readonly Test[] {
  const duckdb = rowCheckSql(check, contract, DUCKDB)
  const bigquery = rowCheckSql(check, contract, BIGQUERY)
  if (duckdb === null || bigquery === null) return []
  const config = { severity: check.effect === 'quarantine' || check.effect === 'block' ? 'error' : 'warn' }
  return [
    {
      daybreak_expression: {
        name: constraintName(contract.stream, check.name),
        expressions: { duckdb, bigquery },
        config,
      },
    },
  ]
}

/** Exposures, and as sources what they read beyond the views of this project: models, and tables of other pipelines. */
function exposuresFile(set: ContractSet): readonly ExportedFile[] {
  const { exposures, pipeline } = set
  if (exposures.length === 0) return []
  const others = exposures.flatMap(({ reads }) => reads.filter(({ table }) => !isView(table, set)))
  const schemas = Map.groupBy(new Set(others.map(({ table }) => table)), schemaOf)
  const value = present({
    version: 2,
    sources: schemas.size > 0 ? [...schemas].map(sourceOf) : undefined,
    exposures: exposures.map((one) => exposure(one, set)),
  })
  return [{ path: `models/${pipeline}/exposures.yml`, content: { kind: 'yaml', value } }]
}

const schemaOf = (table: string): string => table.split('.')[0] ?? ''
const nameOf = (table: string): string => table.split('.')[1] ?? ''

function isView(table: string, { contracts, pipeline }: ContractSet): boolean {
  return contracts.some(({ stream }) => table === `${pipeline}.${stream}`)
}

function sourceOf([schema, tables]: readonly [string, readonly string[]]): object {
  return {
    name: schema,
    schema,
    loader: 'daybreak',
    tables: tables.toSorted().map((table) => ({ name: nameOf(table) })),
  }
}

const EXPOSURE_TYPES: Readonly<Record<SetExposure['kind'], string>> = {
  page: 'dashboard',
  export: 'analysis',
  mail: 'analysis',
  notebook: 'notebook',
  application: 'application',
}

/** dbt refuses an exposure without an owner. */
function exposure({ name, title, kind, description, owner = 'unknown', url, reads }: SetExposure, set: ContractSet) {
  const tables = [...new Set(reads.map(({ table }) => table))]
  return present({
    name,
    label: text(title),
    type: EXPOSURE_TYPES[kind],
    description: text(description),
    owner: owner.includes('@') ? { email: owner } : { name: owner },
    url,
    depends_on: tables.map((table) =>
      isView(table, set) ? `ref('${viewOf(nameOf(table))}')` : `source('${schemaOf(table)}', '${nameOf(table)}')`,
    ),
  })
}

const GENERIC_TESTS = `{# Tests of contracts. NULL meets every rule, as it does in a load. #}

{% macro daybreak_text(value) -%}
  {%- if target.type in ('bigquery', 'databricks', 'snowflake') -%}
    '{{ value | replace('\\\\', '\\\\\\\\') | replace("'", "\\\\'") }}'
  {%- else -%}
    '{{ value | replace("'", "''") }}'
  {%- endif -%}
{%- endmacro %}

{% test daybreak_range(model, column_name, min=none, max=none) %}
select * from {{ model }}
where {% if min is not none %}{{ column_name }} < {{ min }}{% else %}1 = 0{% endif %}
   or {% if max is not none %}{{ column_name }} > {{ max }}{% else %}1 = 0{% endif %}
{% endtest %}

{% test daybreak_length(model, column_name, min=none, max=none) %}
select * from {{ model }}
where {% if min is not none %}length({{ column_name }}) < {{ min }}{% else %}1 = 0{% endif %}
   or {% if max is not none %}length({{ column_name }}) > {{ max }}{% else %}1 = 0{% endif %}
{% endtest %}

{% test daybreak_pattern(model, column_name, pattern) %}
{% set whole = daybreak_text('^(?:' ~ pattern ~ ')$') %}
select * from {{ model }}
where not (
  {% if target.type == 'duckdb' %}regexp_matches({{ column_name }}, {{ whole }})
  {% elif target.type == 'bigquery' %}regexp_contains({{ column_name }}, {{ whole }})
  {% elif target.type == 'snowflake' %}regexp_like({{ column_name }}, {{ daybreak_text(pattern) }})
  {% elif target.type == 'postgres' %}{{ column_name }} ~ {{ whole }}
  {% else %}{{ column_name }} rlike {{ whole }}{% endif %}
)
{% endtest %}

{% test daybreak_key(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
where {{ columns | join(' is not null and ') }} is not null
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{% test daybreak_expression(model, expressions) %}
{% if target.type in expressions %}
select * from {{ model }} where not coalesce({{ expressions[target.type] }}, true)
{% else %}
{{ log('left out: no condition for ' ~ target.type, info=true) }}
select 1 as left_out where 1 = 0
{% endif %}
{% endtest %}
`
