import { z } from 'zod'
import { BUSINESS_DATE, LOCATION_ID } from '../../contract/carried.ts'
import { DaybreakError } from '../../errors.ts'
import { compiledOf, type ModelSet } from '../../models/model-set.ts'
import { streamPipelines } from '../../models/order.ts'
import { isDiscovered, type PipelineDefinition } from '../../pipeline/definition.ts'
import type { Instant } from '../../pipeline/entities.ts'
import type { Reader } from '../../pipeline/ports.ts'
import { missingTable } from '../../pipeline/views/missing-table.ts'
import { expectKnown, findDefinition, instantText, nameOfShard, shardFilter, shardsOf, toInstant } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import { addressOf } from '../contract/client.ts'
import type { DAY_SHEET_ROUTES } from '../contract/day-sheet.ts'
import { VERDICTS } from '../contract/status.ts'
import { CSV, csvLine } from '../csv.ts'
import { wholeMatrix } from '../matrix.ts'
import { RESTATED_HANDLERS } from './restated.ts'

const MODEL = 'day_sheet'
const MOST_LINES = 100_000
const TIMEOUT = 60_000
const MOST_BYTES = 2 ** 30

type Key = 'GET /api/day-sheet/{date}'

/** Handlers of the sheet of a day for finance, and of what changed since it was reported. */
export const DAY_SHEET_HANDLERS: HandlersOf<typeof DAY_SHEET_ROUTES> = {
  ...RESTATED_HANDLERS,
  'GET /api/day-sheet/{date}': async (call, context) => {
    const { path, query } = call
    const date = expectDate(path.date)
    const models: ModelSet = (await context.models()) ?? new Map()
    const [pipeline] = streamPipelines(compiledOf(models))
    const definition = findDefinition(context, pipeline)
    if (!isDiscovered(definition))
      expectKnown(
        'shard',
        query.shard,
        definition.shards.map(({ id }) => id),
      )
    const asked: Asked = { date, definition, call }
    const past = query.asOf === undefined ? null : await pastLines(asked, instantOf(query.asOf), context)
    const lines = past?.lines ?? (models.has(MODEL) ? await readLines(asked, context) : [])
    if (query.format === 'csv') return { type: CSV, chunks: csvOf(lines), fileName: `day_sheet_${date}.csv` }
    const complete = past === null ? await completeShards(asked, context) : null
    const names = shardsOf(definition)
    const locations = [...Map.groupBy(lines, ({ shard }) => shard)].map(([shard, own]) => ({
      ...{ shard, name: nameOfShard(names, shard), isComplete: complete?.has(shard) ?? null },
      lines: own.map(({ shard: _, ...line }) => ({
        ...line,
        lineage: past === null ? lineageOf(date, shard, line) : null,
      })),
    }))
    const missing = past?.missing ?? (await missingShards(asked, models, context))
    const sentence = `${sentenceOf(date, { lines, locations, missing })}${past?.note ?? ''}`
    const [asOf, release] = past === null ? [null, null] : [instantText(past.at), past.release]
    return { body: { date, pipeline: definition.name, sentence, asOf, release, locations, missing: [...missing] } }
  },
}

interface Asked {
  readonly date: string
  readonly definition: PipelineDefinition
  readonly call: Pick<ApiCall<Key>, 'query' | 'principal' | 'signal'>
}

interface Line {
  readonly shard: string
  readonly section: string
  readonly line: string
  readonly amount: string | null
  readonly other: string | null
  readonly difference: string | null
}

function expectDate(text: string): string {
  if (z.iso.date().safeParse(text).success) return text
  throw new DaybreakError('NOT_FOUND', `there is no date ${JSON.stringify(text)}; expected YYYY-MM-DD`)
}

const DAY = 86_400_000

/** The end of a day, in UTC, or the instant itself. */
function instantOf(asOf: string): Instant {
  return asOf.includes('T') ? toInstant(asOf) : toInstant(`${asOf}T00:00:00Z`) + DAY - 1
}

async function pastLines({ date, call }: Asked, at: Instant, context: ApiContext) {
  const columns = [LOCATION_ID, 'section', 'line', 'amount', 'other_amount', 'difference', 'place']
  const { rows, release, isByPresentModels, missing } = await context.modelAsOf({ model: MODEL, date, at, columns })
  const { shards } = shardFilter(call.principal, call.query.shard)
  const isShown = (shard: string) => shards === undefined || shards.includes(shard)
  const lines = rows.toSorted(byPlace).map(lineOf)
  return {
    ...{ at, release },
    lines: lines.filter(({ shard }) => isShown(shard)),
    missing: missing.filter(isShown),
    note: isByPresentModels ? ' The models of then are no longer kept: these are the present ones.' : '',
  }
}

type Cells = readonly (string | null)[]

/** By location, place, line, as `linesSql` has it. */
function byPlace(a: Cells, b: Cells): number {
  const [left, right] = [a, b].map((row) => [row[0] ?? '', row[6]?.padStart(9, '0') ?? '', row[2] ?? ''].join('\0'))
  return (left ?? '') < (right ?? '') ? -1 : 1
}

async function readLines({ date, definition, call }: Asked, context: ApiContext): Promise<readonly Line[]> {
  const { shards } = shardFilter(call.principal, call.query.shard)
  if (shards?.length === 0) return []
  const reader = await context.reader(definition.name)
  const sql = linesSql(date, shards, reader.dialect)
  const { signal } = call
  const limits = { limit: MOST_LINES, countTo: MOST_LINES, timeout: TIMEOUT, maxBytes: MOST_BYTES }
  try {
    const { batches } = await reader.ask({ sql, ...limits, signal, onWait: () => undefined })
    return (await Array.fromAsync(batches)).flat().map(lineOf)
  } catch (error) {
    if (missingTable(error) !== null) return []
    throw error
  }
}

function linesSql(date: string, shards: readonly string[] | undefined, { literal }: Reader['dialect']): string {
  const own = shards === undefined ? '' : ` AND ${LOCATION_ID} IN (${shards.map(literal).join(', ')})`
  return (
    `SELECT ${LOCATION_ID}, section, line, amount, other_amount, difference FROM models.${MODEL} ` +
    `WHERE ${BUSINESS_DATE} = DATE ${literal(date)}${own} ORDER BY ${LOCATION_ID}, place, line`
  )
}

function lineOf([shard, section, line, amount, other, difference]: readonly (string | null)[]): Line {
  const [own, second, differing] = [amount, other, difference].map((value) => decimalText(value ?? null))
  return {
    ...{ shard: shard ?? '', section: section ?? '', line: line ?? '' },
    ...{ amount: own ?? null, other: second ?? null, difference: differing ?? null },
  }
}

/** At least two places, and no zeros after them: both warehouses give one text for one amount. */
function decimalText(value: string | null): string | null {
  const [, whole, fraction = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(value ?? '') ?? []
  return whole === undefined ? value : `${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`
}

/** Locations whose files of the date are all loaded, and agree. */
async function completeShards({ date, definition, call }: Asked, context: ApiContext): Promise<ReadonlySet<string>> {
  const narrowed = shardFilter(call.principal, call.query.shard)
  const streams = [...definition.contracts.keys()]
  const range = { pipeline: definition.name, from: date, to: date, ...narrowed }
  const stored = await context.ledger.reads.matrix({ ...range, streams })
  const matrix = await wholeMatrix(definition, stored, { windows: [date], now: context.now(), ...narrowed })
  const verdicts = matrix.columns[0]?.verdicts ?? ''
  const complete = matrix.shards.filter((_, at) => verdicts[at] === VERDICTS.complete)
  return new Set(complete.map(({ id }) => id))
}

/** Locations that the newest build of the date left out. */
async function missingShards(
  { date, call: { principal, query } }: Asked,
  models: ModelSet,
  { ports }: ApiContext,
): Promise<readonly string[]> {
  const model = models.get(MODEL)
  if (!model) return []
  const build = await ports.ledger.build({ model: MODEL, fingerprint: model.table, window: date })
  const { shards } = shardFilter(principal, query.shard)
  return (build?.missing ?? []).filter((shard) => shards === undefined || shards.includes(shard))
}

function lineageOf(date: string, shard: string, { section, line }: Omit<Line, 'shard'>): string {
  const key = [`${BUSINESS_DATE}=${date}`, `${LOCATION_ID}=${shard}`, `section=${section}`, `line=${line}`]
  return addressOf('GET /api/lineage/value', { query: { model: MODEL, column: 'amount', key } }).url
}

interface Sheet {
  readonly lines: readonly Line[]
  readonly locations: readonly { readonly isComplete: boolean | null }[]
  readonly missing: readonly string[]
}

function sentenceOf(date: string, { lines, locations, missing }: Sheet): string {
  const left = missing.length === 0 ? '' : ` Without a sheet: ${missing.join(', ')}.`
  if (lines.length === 0) return `There is no day sheet of ${date}.${left}`
  const open = lines.filter(({ difference }) => difference !== null && Number(difference) !== 0).length
  const told =
    open === 0 ? 'every line is what its second source says' : `${open} lines differ from their second source`
  const waiting = locations.filter(({ isComplete }) => isComplete === false).length
  const files = waiting === 0 ? '' : `; files of ${waiting} of them are missing, held or disputed`
  return `${locations.length} locations, ${told}${files}.${left}`
}

async function* csvOf(lines: readonly Line[]): AsyncGenerator<string> {
  yield csvLine(['location', 'section', 'line', 'amount', 'other', 'difference'])
  for (const { shard, section, line, amount, other, difference } of lines)
    yield csvLine([shard, section, line, amount, other, difference])
}
