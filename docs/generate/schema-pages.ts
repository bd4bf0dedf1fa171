import { EnvironmentConfig, LocationsConfig, PipelineConfig } from '../../functions/config/config.ts'
import { ConnectionsConfig } from '../../functions/config/connections.ts'
import { DaypartsConfig } from '../../functions/config/dayparts-config.ts'
import { EventsConfig } from '../../functions/config/events-config.ts'
import { FiscalConfig } from '../../functions/config/fiscal-config.ts'
import { GlossaryConfig } from '../../functions/config/glossary-config.ts'
import { alternatives, type JsonSchema, toJsonSchema } from '../../functions/config/json-schema.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { METRICS } from '../../functions/config/notify-metrics.ts'
import { Contract } from '../../functions/contract/contract.ts'
import { code, page, table } from './markdown.ts'

const RULES = `Every file begins with \`version: 1\`; unknown keys are errors. Files are YAML 1.2 (core schema), at most 256 KiB (\`locations.yaml\`: 8 MiB), without
tags and with at most ten aliases. Dates are \`YYYY-MM-DD\`, durations \`30s\`, \`5m\`, \`2h\`, \`7d\`. \`\${NAME}\` is replaced by the environment
variable NAME, \`\${NAME:-default}\` by the default where it is unset or empty, \`$\${\` is the text \`\${\`; the result is always text. Inside
of \`{ }\` and \`[ ]\` it must stand in quotes. \`daybreak validate\` checks all files at once.`

const CONNECTIONS = `The file is optional. \`connections\` of an environment replaces members of a connection, or adds one; a whole connection may also stand in
\`sources\` there until 1.0. \`sftp\`, \`folder\` and \`gcs\` are sources; \`duckdb\` and \`bigquery\` are destinations.`

const EVENTS = `The file is optional. The days that it names are no surprise: [quality.md](../quality.md).`

const FISCAL = `The model \`fiscal_years\` is made from it, and from that the calendar: [marts.md](../marts.md#days-and-guests). After a change run
\`daybreak model compile\`.`

const DAYPARTS = `The model \`dayparts\` is made from it: [marts.md](../marts.md#configure). After a change run \`daybreak model compile\`.`

const GLOSSARY = `The file is optional. Its words stand in the catalog, at the columns that they name: [catalog.md](../catalog.md).`

const NOTIFY = `The file is optional; without it no person is told. It says who is told of what, by which channel, and who is on call. Tokens and
addresses that let a sender in are secrets: the file names them, and never holds them.`

/** docs/reference/config.md: pipelines, locations and environments. */
export function configPage(): string {
  const home = `\`DAYBREAK_HOME\` always has a value in an environment: \`.daybreak\` in the project unless it is set. Paths are relative to
the project; \`~/\` is the home of the user. \`secret://NAME\` is the file NAME in \`DAYBREAK_SECRETS_DIR\`, or in \`\${DAYBREAK_HOME}/secrets\`.`
  return [
    page('Configuration', RULES, 'functions/config/config.ts'),
    ...section('config/pipelines/NAME.yaml', toJsonSchema(PipelineConfig)),
    ...section('config/locations.yaml', toJsonSchema(LocationsConfig)),
    ...section('config/connections.yaml', toJsonSchema(ConnectionsConfig), CONNECTIONS),
    ...section('config/environments/NAME.yaml', toJsonSchema(EnvironmentConfig), home),
    ...section('config/events.yaml', toJsonSchema(EventsConfig), EVENTS),
    ...section('config/fiscal.yaml', toJsonSchema(FiscalConfig), FISCAL),
    ...section('config/dayparts.yaml', toJsonSchema(DaypartsConfig), DAYPARTS),
    ...section('config/glossary.yaml', toJsonSchema(GlossaryConfig), GLOSSARY),
    ...section('config/notify.yaml', toJsonSchema(NotifyConfig), NOTIFY),
    ...metrics(),
  ].join('\n')
}

/** The figures that a rule can watch. */
function metrics(): readonly string[] {
  const rows = Object.entries(METRICS).map(([name, { doc, per, worse }]) => [code(name), per, worse, doc])
  return ['### Metrics of rules', '', table(['metric', 'one value per', 'worse when', 'meaning'], rows), '']
}

/** docs/reference/contract.md: every key of a contract. */
export function contractPage(): string {
  const intro = `A contract says what one file holds and which table it becomes: config/contracts/PIPELINE/STREAM.yaml.\n\n${RULES}`
  return [page('Contracts', intro, 'functions/contract/contract.ts'), ...section('Keys', toJsonSchema(Contract))].join(
    '\n',
  )
}

function section(title: string, schema: JsonSchema, intro?: string): readonly string[] {
  return [
    `## ${title}`,
    '',
    ...(intro ? [intro, ''] : []),
    table(['key', 'type', 'default', 'meaning'], rowsOf(schema, '')),
    '',
  ]
}

function rowsOf(schema: JsonSchema, prefix: string): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`
    const needed = schema.required?.includes(name) ? '*required*' : defaultOf(member)
    return [[code(path), typeOf(member), needed, member.description ?? ''], ...below(member, path)]
  })
}

/** Rows for the parts of a value: members, elements, values of a map, alternatives. */
function below(schema: JsonSchema, path: string): readonly (readonly string[])[] {
  const kinds = alternatives(schema)
  const rows = kinds.flatMap((each) => [
    ...rowsOf(each, `${path}.`),
    ...(each.items ? below(each.items, `${path}[]`) : []),
    ...(each.prefixItems?.[0] ? below(each.prefixItems[0], `${path}[]`) : []),
    ...(typeof each.additionalProperties === 'object' ? below(each.additionalProperties, `${path}.NAME`) : []),
  ])
  return [...Map.groupBy(rows, ([key]) => key).values()].map((same) => merged(same, kinds.length))
}

/** One row for a key that several alternatives have; what only some of them need is not needed by all. */
function merged(rows: readonly (readonly string[])[], kinds: number): readonly string[] {
  const [[key = '', , needed = ''] = []] = rows
  const each = (at: number) => [...new Set(rows.map((row) => row[at] ?? '').filter(Boolean))]
  const partly = rows.length < kinds && needed === '*required*'
  return [key, each(1).join(' or '), partly ? '*required* by its kind' : needed, each(3)[0] ?? '']
}

function defaultOf({ default: value }: JsonSchema): string {
  if (value === undefined) return ''
  const text = JSON.stringify(value)
  return text === '{}' ? '' : code(text)
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(String(schema.const))
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ')
  if (schema.prefixItems) return 'two of them'
  if (schema.items) return `list of ${typeOf(schema.items)}`
  const options = schema.anyOf ?? schema.oneOf
  if (options) return [...new Set(options.map(typeOf))].join(' or ')
  if (schema.additionalProperties && !schema.properties) return 'map'
  const { minimum, maximum } = schema
  const bounds = minimum !== undefined && maximum !== undefined && maximum < 1e15 ? ` ${minimum} to ${maximum}` : ''
  return `${TYPE_NAMES[schema.type ?? ''] ?? ''}${bounds}`
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'keys',
  array: 'list',
}
