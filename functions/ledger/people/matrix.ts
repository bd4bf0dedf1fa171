import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { datesBetween } from '../../lib/business-date.ts'
import { byTime, DATES_ONLY, isDay } from '../../lib/window-time.ts'
import { CELLS, type Matrix, type WindowRange } from '../../pipeline/people/reads.ts'
import { rangeMatches } from '../filter.ts'
import type { Database } from '../schema.ts'
import { hasOthers, readTimes } from '../windows.ts'

type MatrixRange = WindowRange & { readonly streams: readonly string[] }

/** Letter of a slice that does not exist, and of a loaded one with rejects. */
const NONE = '-'
const WITH_REJECTS = '~'

interface Cell {
  readonly window_id: string
  readonly shard: string
}

/**
 * States of slices as letters. The states come out of an index, one row per window and shard; rejects and disputes are few, and
 * have indexes of their own.
 */
export async function readMatrix(db: Database, range: MatrixRange): Promise<Matrix> {
  const withOthers = await hasOthers(db, range)
  const asked = { ...range, withOthers }
  const states = await listAllStates(db, asked)
  const rejects = await listRejects(db, asked)
  await setImmediate()
  const disputes = await listDisputes(db, asked)
  const times = withOthers ? await readTimes(db, range) : DATES_ONLY
  await setImmediate()
  const order = byTime(times)
  const shards = [...new Set(states.map(({ shard }) => shard))].toSorted(byText)
  const windows = Map.groupBy(states, ({ window_id }) => window_id)
  const marks: Marks = { streams: range.streams, rejects: placesOf(rejects), disputes: placesOf(disputes) }
  const columns: Matrix['windows'][number][] = []
  for (const [window, some] of [...windows].toSorted(([a], [b]) => order(a, b))) {
    const byShard = new Map(some.map(({ shard, states: text }) => [shard, text]))
    const rows = shards.map((shard) => toRow({ window, shard, states: byShard.get(shard) }, marks))
    const [cells, verdicts] = [rows.map((row) => row.cells).join(''), rows.map(({ verdict }) => verdict).join('')]
    columns.push({ window, cells, verdicts })
    if (rows.length > MANY) await setImmediate()
  }
  return { shards, windows: columns }
}

interface Marks {
  readonly streams: readonly string[]
  readonly rejects: ReadonlySet<string>
  readonly disputes: ReadonlySet<string>
}

interface Row {
  readonly window: string
  readonly shard: string
  /** `order_details=o check_details=!`; absent where the window has no slice of the shard. */
  readonly states: string | undefined
}

function toRow({ window, shard, states }: Row, { streams, rejects, disputes }: Marks) {
  if (states === undefined) return { cells: NONE.repeat(streams.length), verdict: NONE }
  const letters = new Map(states.split(' ').map((pair) => [pair.slice(0, -2), pair.slice(-1)]))
  const isOpen = [...letters].some(([stream, letter]) => streams.includes(stream) && !CLOSED.includes(letter))
  const cells = streams.map((stream) => {
    const letter = letters.get(stream) ?? NONE
    return letter === CELLS.loaded && rejects.has(`${window} ${shard} ${stream}`) ? WITH_REJECTS : letter
  })
  const verdict = disputes.has(`${window} ${shard}`) ? 'd' : isOpen ? 'i' : 'c'
  return { cells: cells.join(''), verdict }
}

const CLOSED: readonly string[] = [CELLS.loaded, CELLS.waived]

const LETTER = sql.join(
  Object.entries(CELLS).map(([state, letter]) => sql`when ${sql.lit(state)} then ${sql.lit(letter)}`),
  sql` `,
)

interface Asked extends WindowRange {
  readonly withOthers: boolean
}

/** Day by day, with a turn of the event loop after each of many slices: an embedded database answers in one go. */
async function listAllStates(db: Database, range: Asked) {
  const { from, to } = range
  if (!isDay(from) || !isDay(to) || range.shards?.length === 1) return await listStates(db, range)
  const all: (Cell & { readonly states: string })[] = []
  for (const day of datesBetween(from, to)) {
    const own = await listStates(db, { ...range, from: day, to: day })
    for (const cell of own) all.push(cell)
    if (own.length > MANY) await setImmediate()
  }
  return all
}

const MANY = 100

async function listStates(db: Database, range: Asked) {
  const { rows } = await sql<Cell & { readonly states: string }>`
    select window_id, shard, string_agg(stream || '=' || case state ${LETTER} end, ' ') as states
    from slices where ${rangeMatches(range, range.withOthers)} group by window_id, shard
  `.execute(db)
  return rows
}

async function listRejects(db: Database, range: Asked) {
  const { rows } = await sql<Cell & { readonly stream: string }>`
    select window_id, shard, stream from slices where ${rangeMatches(range, range.withOthers)} and rejects_rows > 0
  `.execute(db)
  return rows.map(({ window_id, shard, stream }) => [window_id, shard, stream])
}

/**
 * Shards whose published files contradict each other. A check of a file that is held back disputes nothing; one across streams
 * has no slice of its own (stream `*`), and disputes.
 */
async function listDisputes(db: Database, range: Asked) {
  const { rows } = await sql<Cell>`
    select distinct checks.window_id, checks.shard from checks left join slices using (pipeline, window_id, shard, stream)
    where ${rangeMatches(range, range.withOthers)}
      and checks.state = 'fail' and checks.effect = 'dispute' and coalesce(slices.state, '') not in ('held', 'quarantined')
  `.execute(db)
  return rows.map(({ window_id, shard }) => [window_id, shard])
}

const placesOf = (rows: readonly (readonly string[])[]): ReadonlySet<string> =>
  new Set(rows.map((row) => row.join(' ')))

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
