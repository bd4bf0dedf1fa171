import { allStreams } from '../config/config.ts'
import { columnRules } from '../contract/column-rules.ts'
import { type Contract, type CrossCheck, fileOf } from '../contract/contract.ts'
import { relationOf } from '../contract/relation.ts'
import type { ColumnRule } from '../sql/relation.ts'
import { type EntryContext, labelsOf, neighboursOf, sharedOf, titleOf } from './context.ts'
import { type CatalogEntry, NO_FACTS } from './entry.ts'

interface StreamOf {
  readonly pipeline: string
  readonly contract: Contract
}

/** Pure: a stream as the catalog shows it. */
export function streamEntry({ pipeline, contract }: StreamOf, context: EntryContext): CatalogEntry {
  const config = context.project.pipelines.get(pipeline)
  const id = `${pipeline}.${contract.stream}`
  const { failed, ...facts } = context.facts.get(id) ?? NO_FACTS
  const columns = columnsOf({ pipeline, contract }, context)
  const owner = config?.owner ?? null
  const { partitionBy, clusterBy } = relationOf(contract, { catalog: null, schema: pipeline })
  const checks = [
    ...contract.checks,
    ...(config?.checks ?? []).filter((check) => firstStream(check) === contract.stream),
  ]
  return {
    ...{ id, kind: 'stream', form: contract.format ?? 'csv', name: contract.stream, title: titleOf(contract.stream) },
    ...{ description: contract.description, pipeline, owner, file: fileOf(contract), url: null },
    source: `config/contracts/${pipeline}/${contract.stream}.yaml`,
    version: contract.contractVersion ?? null,
    isOptional: config !== undefined && allStreams(config).indexOf(contract.stream) >= config.streams.length,
    tables: [id],
    key: [...contract.key],
    partitionBy,
    clusterBy: [...clusterBy],
    labels: labelsOf({ kind: 'stream', pipeline, owner, columns }, context.environment),
    columns,
    references: (contract.references ?? []).map((reference) => ({
      columns: [...reference.columns],
      to: `${pipeline}.${reference.to}`,
      effect: reference.effect,
    })),
    checks: checks.map(({ name, rule, effect, description }) => ({
      ...{ name, rule: rule ?? null, effect, description: description ?? '' },
      failed: facts.newestWindow === null ? null : (failed.get(name) ?? 0),
    })),
    ...neighboursOf(id, context),
    ...facts,
  }
}

/** The stream whose rows a check over several is about. */
function firstStream(check: CrossCheck): string | undefined {
  if ('equal' in check) return check.equal[0].stream
  return 'every' in check ? check.every.stream : check.together[0].stream
}

function columnsOf({ pipeline, contract }: StreamOf, context: EntryContext): CatalogEntry['columns'] {
  const id = `${pipeline}.${contract.stream}`
  const own = new Map(contract.columns.map((column) => [column.name, column]))
  const derived = new Map(contract.derived.map((column) => [column.name, column]))
  const { columns } = relationOf(contract, { catalog: null, schema: pipeline })
  return columns.map(({ name, type, description, isRequired }) => {
    const column = own.get(name)
    const computed = derived.get(name)
    const { from, ...shared } = sharedOf(id, name, context)
    return {
      ...{ name, type, description, isRequired },
      ...shared,
      unit: column?.unit ?? computed?.unit ?? null,
      isKey: contract.key.includes(name),
      headers: column ? [column.from].flat() : [],
      expression: computed?.expression ?? (computed?.parse ? `${computed.parse}(${computed.from ?? ''})` : null),
      values: column?.values ? [...column.values] : null,
      rules: column ? columnRules(column).map(ruleText) : [],
      isAdditive: null,
      of: [],
      from,
    }
  })
}

/** Pure: a rule of a column in words. */
export function ruleText(rule: ColumnRule): string {
  switch (rule.kind) {
    case 'values':
      return `one of ${rule.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'pattern':
      return `matches ${rule.pattern}`
    case 'range':
      return boundText(rule, '')
    case 'length':
      return boundText(rule, ' characters')
  }
}

function boundText(
  { min, max }: { readonly min: string | number | null; readonly max: string | number | null },
  of: string,
): string {
  const sides = [...(min === null ? [] : [`at least ${min}`]), ...(max === null ? [] : [`at most ${max}`])]
  return `${sides.join(' and ')}${of}`
}
