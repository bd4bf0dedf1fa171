import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import type { CompiledModel } from '../../models/compiled.ts'
import { columnKey, type LineageGraph } from '../../models/lineage/graph.ts'
import { modelNode } from '../../models/lineage/models.ts'
import { linkColumns, type Narrowing, narrowed, rowsSql } from '../../models/lineage/narrowing.ts'
import { traceLineage } from '../../models/lineage/trace.ts'
import { compiledOf, type ModelSet } from '../../models/model-set.ts'
import { MODELS, modelOf, streamPipelines } from '../../models/order.ts'
import type { Reader } from '../../pipeline/ports.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { LINEAGE_ROUTES } from '../contract/lineage.ts'

const TIMEOUT = 30_000
const MOST_BYTES = 2 ** 30
const MOST_ROWS = 5_000
const MOST_LINES = 1_000

type Routes = Pick<typeof LINEAGE_ROUTES, 'GET /api/lineage/value'>

/** Handler of the way from a cell of a model to lines of files. */
export const LINEAGE_VALUE_HANDLERS: HandlersOf<Routes> = {
  'GET /api/lineage/value': async ({ query, signal }, context) => {
    const models = await context.models(query.environment)
    const model = models?.get(query.model)
    if (!models || !model) throw absent('compiled model', query.model, [...(models?.keys() ?? [])])
    const names = model.compiled.columns.map(({ name }) => name)
    if (!names.includes(query.column)) throw absent('column', query.column, names)
    const values = keyOf(query.key, model.compiled)
    const dateColumn = model.compiled.partitionBy
    if (dateColumn !== null && !values.has(dateColumn))
      throw invalid(`key: expected ${dateColumn}=YYYY-MM-DD among them`)
    const [pipeline = ''] = streamPipelines(compiledOf(models))
    const walk: Walk = {
      ...{ models, signal, context, met: new Set(), views: query.environment ?? MODELS },
      graph: await context.lineage(query.environment),
      reader: await context.reader(pipeline),
      origin: { node: modelNode(query.model), column: query.column },
    }
    const start = { values: new Map([...values].map(([name, value]) => [name, [value]])), dates: null }
    const rows = await ask(walk, { table: modelNode(query.model), columns: [query.column], narrowing: start })
    const sources = await follow(walk, query.model, start)
    return { body: { model: query.model, column: query.column, values: rows.map(([value = null]) => value), sources } }
  },
}

interface Walk {
  readonly models: ModelSet
  /** Data set of the views of the models. */
  readonly views: string
  readonly graph: LineageGraph
  readonly reader: Reader
  readonly context: ApiContext
  readonly signal: AbortSignal
  readonly origin: { readonly node: string; readonly column: string }
  /** Tables that were followed with the same narrowing. */
  readonly met: Set<string>
}

/** Lines of the files that rows of a model are made of, over the models that it reads. */
async function follow(walk: Walk, name: string, narrowing: Narrowing): Promise<Source[]> {
  const compiled = walk.models.get(name)?.compiled
  if (!compiled) return []
  const tables = [...new Set(compiled.references.map(({ table }) => table))]
  const links = tables.flatMap((table) => linkColumns(compiled, table).map(({ own }) => own))
  const columns = [...new Set([...links, ...(compiled.partitionBy === null ? [] : [compiled.partitionBy])])]
  const rows = columns.length === 0 ? [] : await ask(walk, { table: modelNode(name), columns, narrowing })
  if (columns.length > 0 && rows.length === 0) return []
  const isWhole = rows.length <= MOST_ROWS
  const values = new Map(
    columns.map((column, at) => [column, isWhole ? [...new Set(rows.map((row) => row[at] ?? null))] : []]),
  )
  const found: Source[] = []
  for (const table of tables) {
    const next = narrowed(compiled, table, values)
    const key = JSON.stringify([table, [...next.values], next.dates])
    if (walk.met.has(key)) continue
    walk.met.add(key)
    const model = modelOf({ table })
    if (model === null) found.push(...(await linesOf(walk, table, next)))
    else found.push(...(await follow(walk, model, next)))
  }
  return found
}

interface Source {
  readonly table: string
  readonly file: string
  readonly sha256: string
  readonly lines: number[]
  readonly isWhole: boolean
  readonly narrowedBy: string[]
  readonly columns: { column: string; header: string; privacy: 'keep' | 'mask' | 'hash' | 'drop' }[]
}

const ORIGIN = ['_source_file', '_raw_sha256', '_row_number']

/** Lines by file. None for a table that does not say where its rows are from. */
async function linesOf(walk: Walk, table: string, narrowing: Narrowing): Promise<readonly Source[]> {
  const node = walk.graph.nodes.get(table)
  if (!ORIGIN.every((column) => node?.columns.some(({ name }) => name === column))) return []
  const rows = await ask(walk, { table, columns: ORIGIN, narrowing })
  const isWhole = rows.length <= MOST_ROWS
  const files = Map.groupBy(rows.slice(0, MOST_ROWS), ([file, sha256]) => `${file}\n${sha256}`)
  const columns = columnsOf(walk, table)
  const { values, dates } = narrowing
  return [...files.values()].map((own) => ({
    table,
    file: own[0]?.[0] ?? '',
    sha256: own[0]?.[1] ?? '',
    lines: own.slice(0, MOST_LINES).map((row) => Number(row[2])),
    isWhole: isWhole && own.length <= MOST_LINES,
    narrowedBy: [...new Set([...(dates === null ? [] : [dates.column]), ...values.keys()])],
    columns,
  }))
}

/** Columns of a stream that the value is made of, with their headers. */
function columnsOf({ graph, origin }: Walk, table: string): Source['columns'] {
  const { columns } = traceLineage(graph, { ...origin, direction: 'upstream', depth: 100 })
  const used = new Set(columns.filter(({ from }) => from.node === table).map(({ from }) => from.column))
  const own = graph.nodes.get(table)?.columns ?? []
  return own
    .filter(({ name }) => used.has(name))
    .flatMap(({ name, privacy }) =>
      (graph.index.columnsTo.get(columnKey({ node: table, column: name })) ?? []).map(({ from }) => ({
        ...{ column: name, header: from.column, privacy },
      })),
    )
}

interface Asked {
  readonly table: string
  readonly columns: readonly string[]
  readonly narrowing: Narrowing
}

async function ask({ reader, graph, signal, views }: Walk, { table, columns, narrowing }: Asked) {
  const types = new Map((graph.nodes.get(table)?.columns ?? []).map(({ name, type }) => [name, type]))
  const typeOf = (column: string) => types.get(column) ?? null
  const limit = MOST_ROWS + 1
  const model = modelOf({ table })
  const shown = model === null ? table : `${views}.${model}`
  const sql = rowsSql({ table: shown, columns, narrowing, typeOf, limit }, reader.dialect)
  const answer = await reader.ask({
    ...{ sql, limit, countTo: limit, timeout: TIMEOUT, maxBytes: MOST_BYTES, signal, onWait: () => undefined },
  })
  return (await Array.fromAsync(answer.batches)).flat().map((row) => [...row])
}

/** Values of `column=value`. @throws {DaybreakError} REQUEST_INVALID. */
function keyOf(parts: readonly string[], { columns }: CompiledModel): ReadonlyMap<string, string> {
  return new Map(
    parts.map((part) => {
      const [name = '', ...rest] = part.split('=')
      if (rest.length === 0) throw invalid(`key: ${JSON.stringify(part)}; expected column=value`)
      const found = columns.find((column) => column.name === name)
      if (!found) {
        const hint = didYouMean(
          name,
          columns.map((column) => column.name),
        )
        throw invalid(`key: there is no column ${JSON.stringify(name)}.${hint}`)
      }
      return [name, expectType(found, rest.join('='))] as const
    }),
  )
}

const DIGITS = /^-?\d{1,18}$/

function expectType({ name, type }: CompiledModel['columns'][number], value: string): string {
  if (type === 'string') return value
  if (type === 'int64' && DIGITS.test(value)) return value
  if (type === 'date' && z.iso.date().safeParse(value).success) return value
  const expected =
    type === 'int64' ? 'a whole number' : type === 'date' ? 'YYYY-MM-DD' : 'a text, number or date column'
  throw invalid(`key: ${name}=${JSON.stringify(value)}; expected ${expected}`)
}

function absent(what: string, name: string, known: readonly string[]): DaybreakError {
  return new DaybreakError('NOT_FOUND', `there is no ${what} ${JSON.stringify(name)}.${didYouMean(name, known)}`)
}
