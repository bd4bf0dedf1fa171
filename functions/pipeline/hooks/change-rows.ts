import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type PlacedHook, policyOf, type ScriptHook } from '../../config/hooks-config.ts'
import { type CsvRecord, csvLine, csvRecords } from '../../lib/csv-records.ts'
import type { Reason } from '../entities.ts'
import type { FileRows } from '../tables/ports.ts'
import type { HookAnswer, HookRow } from './ports.ts'
import { type HookPorts, type HookSubject, hookFailure, tellFailure } from './run-hooks.ts'

/** Raw rows on this disk. */
interface RawFile {
  readonly path: string
  /** As `PartRequest` has them. */
  readonly files: readonly FileRows[] | null
}

interface Changing {
  /** Names of the columns in their order. */
  readonly columns: readonly string[]
  readonly hooks: readonly PlacedHook[]
  readonly subject: HookSubject
  /** Place of the changed rows. */
  readonly path: string
}

/** Changed rows, and the reason for which a hook holds the window back; null for none. */
export interface ChangedRows extends RawFile {
  readonly files: readonly FileRows[]
  readonly held: Reason | null
}

// A row of raw rows has these after its values: its line, what keeps it from being a row, and its text.
const FACTS = 3

/** A row on its way through hooks: its values, and what makes it a reject. */
interface Passing {
  readonly values: CsvRecord
  readonly facts: CsvRecord
}

/**
 * Sends raw rows through scripts, in batches, and writes what comes back: as many rows, in the same order. A row that a script rejects
 * stays as it was, with the reason, so that the part has a reject of the rule `hook` for it.
 * @throws {DaybreakError} of a hook that fails and says `fail`.
 */
export async function changeRows(raw: RawFile, changing: Changing, ports: HookPorts): Promise<ChangedRows> {
  const { path, columns, hooks } = changing
  let held: Reason | null = null
  const size = Math.min(...hooks.map(({ hook }) => ('script' in hook ? hook.batch : 1)))
  async function* lines() {
    for await (const batch of batchesOf(raw, columns.length, size)) {
      let rows = batch
      for (const placed of hooks) {
        const { hook } = placed
        if (!('script' in hook)) continue
        const changed = await pass(rows, { ...changing, placed: { ...placed, hook } }, ports)
        held ??= changed.held
        rows = changed.rows
      }
      yield rows.map(({ values, facts }) => csvLine([...values, ...facts])).join('')
    }
  }
  await pipeline(lines, createWriteStream(path))
  return { path, files: raw.files ?? [], held }
}

async function* batchesOf({ path, files }: RawFile, columns: number, size: number): AsyncGenerator<readonly Passing[]> {
  let batch: Passing[] = []
  for await (const record of csvRecords(createReadStream(path))) {
    const facts = files === null ? [null, null, null] : record.slice(columns, columns + FACTS)
    batch.push({ values: record.slice(0, columns), facts })
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

interface Passage extends Changing {
  readonly placed: PlacedHook & { readonly hook: ScriptHook }
}

async function pass(
  rows: readonly Passing[],
  passage: Passage,
  ports: HookPorts,
): Promise<{ readonly rows: readonly Passing[]; readonly held: Reason | null }> {
  const { placed, subject, columns } = passage
  const { hook, name } = placed
  const sound = rows.filter(isSound)
  if (sound.length === 0) return { rows, held: null }
  const event = { v: 1, hook: name, ...subject.event, attempt: 1 } as const
  try {
    const told = sound.map(({ values }) => rowOf(columns, values))
    const answers = await ports.caller.rows({ hook, event, key: `${subject.key}/${name}` }, told, ports.signal)
    return { rows: withAnswers(rows, answers, passage), held: null }
  } catch (error) {
    const failure = hookFailure(error)
    const policy = policyOf(hook, 'row.before')
    if (policy === 'fail') throw failure
    if (policy === 'quarantine') return { rows, held: { code: failure.code, message: failure.message } }
    if (policy === 'reject') {
      const reject = `${failure.code}: ${failure.message}`
      return {
        rows: withAnswers(
          rows,
          sound.map(() => ({ reject })),
          passage,
        ),
        held: null,
      }
    }
    tellFailure(name, failure, ports.log)
    return { rows, held: null }
  }
}

/** False for a row that is a reject already. */
const isSound = ({ facts }: Passing): boolean => facts[1] === null

/** A row by the names of its columns. */
export function rowOf(columns: readonly string[], values: CsvRecord): HookRow {
  return Object.fromEntries(columns.map((name, at) => [name, values[at] ?? null]))
}

/** Begins the reason of a row that a hook rejects, which tells it from a line that is no row. */
const REJECTED = 'hook '

function withAnswers(
  rows: readonly Passing[],
  answers: readonly HookAnswer[],
  { columns, placed }: Passage,
): readonly Passing[] {
  const left = answers[Symbol.iterator]()
  return rows.map((passing) => {
    const answer = isSound(passing) ? left.next().value : undefined
    if (answer === undefined) return passing
    if ('row' in answer) return { ...passing, values: columns.map((name) => answer.row[name] ?? null) }
    const [line = null] = passing.facts
    return { ...passing, facts: [line, `${REJECTED}${placed.hook.script}: ${answer.reject}`, null] }
  })
}
