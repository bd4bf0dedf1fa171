import { LOCATION_ID } from '../contract/carried.ts'
import { DaybreakError } from '../errors.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import type { Analysis } from './analyser.ts'
import { compileChecks } from './checks.ts'
import { refused } from './compile/compilation.ts'
import { nameOfType } from './compile/piece.ts'
import { compileQuery, holesOf } from './compile/query.ts'
import type { CompiledModel, Lineage, Reference } from './compiled.ts'
import { fingerprintOf, fingerprintsOf } from './fingerprint.ts'
import { lineageOf } from './lineage.ts'
import type { Term } from './model.ts'
import { datesOf } from './reads.ts'
import type { ReferenceTable } from './reference.ts'
import type { Script, ScriptRead } from './script.ts'
import { compileSeed } from './seed.ts'
import { digestOf, type ModelSource } from './source.ts'
import { type TableScan, tableScansOf } from './tree.ts'

/** A model with what is known of the tables that it reads. */
export interface CompileInput {
  readonly source: ModelSource
  /** Null for a seed and a script, which have no query. */
  readonly analysis: Analysis | null
  /** Null for a model that is no script. */
  readonly script: DescribedScript | null
  /** Every stream, every model that is compiled before, and the model itself, by name. */
  readonly tables: ReadonlyMap<string, ReferenceTable>
}

/** A script, and the tables that it reads. */
export interface DescribedScript {
  readonly script: Script
  readonly reads: Readonly<Record<string, ScriptRead>>
}

/** Schema of the tables of models. */
export const MODELS = 'models'

/** The table that a model becomes, as other models read it. */
export function referenceTableOf({ config, form }: ModelSource, locationColumn: string | null): ReferenceTable {
  const isPartition = form !== 'csv' && config.kind === 'partition'
  return {
    name: `${MODELS}.${config.model}`,
    columns: config.columns.map(({ name, type }) => ({ name, type })),
    key: config.key,
    dateColumn: isPartition ? (config.table.partitionBy ?? null) : null,
    locationColumn,
    maskedColumns: [],
  }
}

/** Column of a model that names the location: the one that passes that of a source on. */
export function locationColumnOf({ source, analysis, tables }: Omit<CompileInput, 'own'>): string | null {
  if (analysis === null) return source.config.columns.find(({ name }) => name === LOCATION_ID)?.name ?? null
  const found = Object.entries(lineageOf(analysis.query).columns).find(([, sources]) => {
    return (
      sources.length > 0 &&
      sources.every(({ table, column, kind }) => kind === 'IDENTITY' && tables.get(table)?.locationColumn === column)
    )
  })
  return found?.[0] ?? null
}

/**
 * One model, from its sources to all that a build needs.
 * @throws {DaybreakError} MODEL_INVALID, MODEL_REFUSED, EXPRESSION_INVALID.
 */
export function compileModel(input: CompileInput): CompiledModel {
  const { source, analysis } = input
  const { config, body, form } = source
  expectConsistent(source)
  const kind = form === 'csv' ? 'seed' : config.kind
  const base = {
    description: config.description,
    ...(config.owner !== undefined && { owner: config.owner }),
    source: body.file.replace(/^config\/models\//, ''),
    digest: digestOf(source),
    columns: config.columns.map(({ name, type, unit, additive, of, description }) => ({
      name,
      type,
      ...(unit === undefined ? {} : { unit }),
      isAdditive: additive,
      of: of ?? [],
      description,
    })),
    key: [...config.key],
    partitionBy: kind === 'partition' ? (config.table.partitionBy ?? null) : null,
    clusterBy: [...config.table.clusterBy],
    needs: config.needs.map((stream) => tableNamed(input, { stream }).name),
    checks: [...checksOf(input)],
    ...(config.outliers.length > 0 && { outliers: outliersOf(config) }),
  }
  const physical = [kind, base.partitionBy, base.clusterBy, base.columns.map(({ name, type }) => [name, type])]
  if (input.script !== null) {
    const { script, reads } = input.script
    const own = fingerprintOf('script', script.entry, Object.entries(script.modules), reads)
    return {
      ...{ ...base, kind: 'script', ...withoutQuery(own, base.columns), fingerprint: fingerprintOf(physical, own) },
      script,
      references: [...scriptReferences(input, reads)],
      // A script may do anything with its rows, so nothing is said of its columns.
      lineage: { columns: {}, rows: [] },
    }
  }
  if (analysis === null) {
    const sql = compileSeed(body, config.columns)
    const own = fingerprintOf('seed', sql.duckdb)
    return { ...base, kind: 'seed', ...withoutQuery(own, base.columns), fingerprint: fingerprintOf(physical, own), sql }
  }
  expectColumns(source, analysis)
  const lineage = lineageOf(analysis.query)
  expectUnmasked(input, lineage)
  const { rows, columns } = fingerprintsOf(analysis.query)
  return {
    ...base,
    kind: config.kind,
    fingerprint: fingerprintOf(physical, rows, columns),
    rows,
    columnFingerprints: columns,
    references: [...referencesOf(input, analysis)],
    lineage,
    sql: compileQuery(body, analysis, {
      keysOf: (table) => [input.tables.get(table)?.key ?? []].filter((key) => key.length > 0),
      shapeOf: (table, column) => shapeOf(input, table, column),
    }),
  }
}

function outliersOf({ outliers }: ModelSource['config']) {
  return outliers.map(({ name, of, weeks, at, least }) => ({ name, ...(of !== undefined && { of }), weeks, at, least }))
}

/** References of a script: one for each table that it names, whose columns are those that it asks for. */
function scriptReferences(input: CompileInput, reads: DescribedScript['reads']): readonly Reference[] {
  const { source, tables } = input
  const { config, body } = source
  const fail = (problem: string) => new DaybreakError('MODEL_INVALID', `${body.file}:1:1 ${problem}`)
  for (const alias of Object.keys(config.reads))
    if (!(alias in reads)) throw invalid(source, ['reads', alias], `the script reads no table as \`${alias}\``)
  return Object.entries(reads).map(([alias, read], number) => {
    const table = tables.get(read.table)
    if (!table) throw fail(`there is no table ${read.table}.${didYouMean(read.table, [...tables.keys()])}`)
    const names = table.columns.map(({ name }) => name)
    const unknown = read.columns.find((column) => !names.includes(column))
    if (unknown !== undefined) throw fail(`${read.table} has no column ${unknown}.${didYouMean(unknown, names)}`)
    const masked = read.columns.find((column) => table.maskedColumns.includes(column))
    if (masked !== undefined)
      throw fail(`${read.table}.${masked} is personal data. A model shows no more of a guest than a hash: leave it out`)
    const range = config.kind === 'partition' ? (config.reads[alias]?.dates ?? { from: 0, to: 0 }) : undefined
    const scan = { table: read.table, alias, columns: read.columns.map((name) => ({ name })) }
    return referenceOf({ scan, table, number, range })
  })
}

function withoutQuery(own: string, columns: readonly { readonly name: string }[]) {
  return {
    rows: own,
    columnFingerprints: Object.fromEntries(columns.map(({ name }) => [name, fingerprintOf(own, name)])),
    references: [],
    lineage: { columns: Object.fromEntries(columns.map(({ name }) => [name, []])), rows: [] },
  }
}

function shapeOf({ tables }: CompileInput, table: string, column: string) {
  const scale = tables.get(table)?.columns.find(({ name }) => name === column)?.scale ?? 9
  // Digits of the types that tables have: 18, or 38 where nine decimal places leave too few before the point.
  return { digits: scale <= 8 ? 18 - scale : 38 - scale, scale }
}

/** Rules of the YAML that its schema cannot say. */
function expectConsistent(source: ModelSource): void {
  const { columns, key, kind, table } = source.config
  const names = columns.map(({ name }) => name)
  const expectKnown = (name: string, path: readonly PropertyKey[]) => {
    if (!names.includes(name)) throw invalid(source, path, `there is no column \`${name}\``)
  }
  for (const [at, name] of names.entries())
    if (names.indexOf(name) !== at) throw invalid(source, ['columns', at], `the column \`${name}\` stands twice`)
  for (const [at, name] of key.entries()) expectKnown(name, ['key', at])
  for (const [at, name] of table.clusterBy.entries()) expectKnown(name, ['table', 'cluster_by', at])
  for (const [at, { additive, of = [] }] of columns.entries()) {
    if (additive && of.length > 0)
      throw invalid(source, ['columns', at], 'a column with `of` is a rate or an average, and not additive')
    for (const [place, name] of of.entries()) {
      expectKnown(name, ['columns', at, 'of', place])
      if (!columns.find((each) => each.name === name)?.additive)
        throw invalid(source, ['columns', at, 'of', place], `the column \`${name}\` is not additive`)
    }
  }
  for (const [at, { of }] of source.config.outliers.entries()) {
    const place = ['outliers', at]
    if (kind !== 'partition' || !names.includes(LOCATION_ID))
      throw invalid(
        source,
        place,
        `days of a location are compared: expected \`kind: partition\` and a column \`${LOCATION_ID}\``,
      )
    if (of !== undefined && !columns.find(({ name }) => name === of)?.additive)
      throw invalid(source, [...place, 'of'], `expected an additive column, found \`${of}\``)
  }
  if (source.form === 'ts' && kind === 'view')
    throw invalid(source, ['kind'], 'readers run the query of a view; a script is `partition` or `whole`')
  if (source.form === 'csv' || kind !== 'partition') {
    if (table.partitionBy !== undefined)
      throw invalid(source, ['table', 'partition_by'], 'only `kind: partition` has partitions')
    return
  }
  const { partitionBy } = table
  const type = columns.find(({ name }) => name === partitionBy)?.type
  if (type !== 'date')
    throw invalid(source, ['table'], 'partition_by must name a date column of the model, or write `kind: whole`')
}

/** The query gives the columns of the YAML, in its order. */
function expectColumns(source: ModelSource, { query }: Analysis): void {
  const { columns } = source.config
  columns.forEach(({ name, type }, at) => {
    const given = query.output[at]
    const found = given ? `\`${given.name}\` (${nameOfType(given.column.type)})` : 'nothing'
    if (given?.name !== name)
      throw invalid(source, ['columns', at], `expected \`${name}\` in place ${at + 1}; the query gives ${found}`)
    if (nameOfType(given.column.type) !== type.toUpperCase())
      throw invalid(source, ['columns', at], `expected \`${name}\` as ${type.toUpperCase()}; the query gives ${found}`)
  })
  const extra = query.output[columns.length]
  if (extra) throw invalid(source, ['columns'], `the query also gives \`${extra.name}\`; describe it here`)
}

function expectUnmasked({ source, tables }: CompileInput, { columns }: Lineage): void {
  for (const [name, sources] of Object.entries(columns)) {
    const masked = sources.find(({ table, column }) => tables.get(table)?.maskedColumns.includes(column))
    if (!masked) continue
    const message = `${source.body.file}:1:1 the column ${name} is made of ${masked.table}.${masked.column}, which is personal data. A model shows no more of a guest than a hash: leave it out`
    throw new DaybreakError('MODEL_REFUSED', message)
  }
}

function referencesOf(input: CompileInput, { query, names }: Analysis): readonly Reference[] {
  const { source, tables } = input
  const { config, body } = source
  const isPartitioned = config.kind === 'partition'
  const scans = tableScansOf(query.scan)
  for (const alias of Object.keys(config.reads))
    if (!scans.some((scan) => scan.alias === alias))
      throw invalid(source, ['reads', alias], `no table has the alias \`${alias}\``)
  const dates = isPartitioned
    ? datesOf({
        source: body,
        query,
        partitionBy: config.table.partitionBy ?? '',
        dateColumn: (table) => tables.get(table)?.dateColumn ?? null,
        declared: config.reads,
      })
    : new Map<number, never>()
  return holesOf(query, names).map(({ start }, number) => {
    const scan = scans.find(({ span }) => span?.start === start)
    const table = scan && tables.get(scan.table)
    if (!scan || !table) throw new TypeError('a hole has a table')
    return referenceOf({ scan, table, number, range: dates.get(start) })
  })
}

function referenceOf({ scan, table, number, range }: ReferenceInput): Reference {
  const columns = [...new Set(scan.columns.map(({ name }) => name))].toSorted()
  const types = columns.flatMap((name) => table.columns.find((column) => column.name === name)?.type ?? [])
  const base = { hole: number, table: scan.table, alias: scan.alias, columns, types }
  const { dateColumn, locationColumn } = table
  if (dateColumn === null) return { ...base, isPartitioned: false }
  if (range === undefined) return { ...base, isPartitioned: false, dateColumn }
  return { ...base, isPartitioned: true, dates: range, dateColumn, locationColumn }
}

interface ReferenceInput {
  readonly scan: Pick<TableScan, 'table' | 'alias'> & { readonly columns: readonly { readonly name: string }[] }
  readonly table: ReferenceTable
  readonly number: number
  readonly range: { readonly from: number; readonly to: number } | undefined
}

function checksOf(input: CompileInput) {
  const { config, form } = input.source
  const isPartitioned = form !== 'csv' && config.kind === 'partition'
  const { model, key } = config
  return compileChecks(config.checks, { model, key, isPartitioned, tableOf: (term) => tableNamed(input, term) })
}

function tableNamed(
  { source, tables }: CompileInput,
  { model, stream }: Pick<Term, 'model' | 'stream'>,
): ReferenceTable {
  const wanted = model === undefined ? (stream ?? '') : `${MODELS}.${model}`
  const found = [...tables.values()].filter(({ name }) => {
    if (name === wanted) return true
    return model === undefined && !wanted.includes('.') && name.endsWith(`.${wanted}`) && !name.startsWith(`${MODELS}.`)
  })
  if (found.length === 1 && found[0]) return found[0]
  const what = model === undefined ? `stream \`${wanted}\`` : `model \`${model}\``
  const problem = found.length === 0 ? `there is no ${what}` : `two pipelines have a ${what}; write pipeline.stream`
  throw invalid(source, ['checks'], problem)
}

function invalid(source: ModelSource, path: readonly PropertyKey[], problem: string): DaybreakError {
  return new DaybreakError('MODEL_INVALID', `${source.placeOf(path)} ${problem}`)
}

/** A partition may not be made from a view, whose own tables would not be narrowed. */
export function expectReadable({ source, analysis }: CompileInput, kindOf: (table: string) => string | null): void {
  if (analysis === null || source.config.kind !== 'partition') return
  for (const { table, span } of tableScansOf(analysis.query.scan)) {
    if (kindOf(table) !== 'view') continue
    throw refused({ source: source.body }, span, {
      what: `a partition that reads the view ${table}`,
      instead: 'Read the tables of the view, or make it `kind: partition`',
    })
  }
}
