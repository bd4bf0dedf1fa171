import { isDeepStrictEqual } from 'node:util'
import type { LoadJob } from '../../functions/pipeline/destination.ts'
import type { Run, RunSlice, Slice } from '../../functions/pipeline/entities.ts'
import type { Ledger, LogEntry } from '../../functions/pipeline/ports.ts'
import { isTerminal } from '../../functions/pipeline/work/record.ts'
import type { Row } from './file.ts'

/** Looks on, and writes down what must never be. Numbers I1 to I10 are those of the design's fault matrix. */
export interface Watch {
  /** Faults, oldest first; each kind once. */
  readonly violations: readonly string[]
  readonly facts: { acknowledged: number; commits: number; succeeded: number }
  found(what: string): void
  /** A job is about to run next to those that do already. */
  started(job: LoadJob, running: readonly LoadJob[]): void
  committed(job: LoadJob, rows: readonly Row[]): void
  /** A push of this message was answered as done. */
  acknowledged(letter: { readonly topic: string; readonly data: unknown }): void
  logged(entry: LogEntry): void
  /** The same ledger, looked at after every change. */
  ledger(ledger: Ledger): Ledger
}

export interface Watched {
  readonly ledger: () => Ledger
  readonly table: (stream: string, date: string) => readonly Row[]
  readonly part: (object: string) => readonly Row[]
  readonly now: () => number
}

export function createWatch({ ledger, table, part, now }: Watched): Watch {
  const kinds = new Set<string>()
  const violations: string[] = []
  const epochs = new Map<string, number>()
  const ended = new Map<string, Run>()
  const seen = new Map<string, number>()
  const facts = { acknowledged: 0, commits: 0, succeeded: 0 }
  const found = (what: string) => {
    const kind = what.replaceAll(/[0-9a-f-]{8,}|\d+/g, '#')
    if (kinds.size < 20 && !kinds.has(kind)) violations.push(`${new Date(now()).toISOString()} ${what}`)
    kinds.add(kind)
  }
  const check = (work: Promise<void>) => void work.catch((error: unknown) => found(`the watch itself failed: ${error}`))

  /** All that is said to be loaded is in the table, and nothing else of that location. */
  const isShown = (slice: Slice, when: string) => {
    const own = table(slice.stream, slice.window).filter(({ id }) => id.startsWith(`${slice.shard}/`))
    const should = slice.delivery ? part(slice.delivery.part.object) : []
    if (isDeepStrictEqual(own, should)) return
    found(
      `I1 ${when}: ${slice.stream} ${slice.window} of ${slice.shard} is loaded, but the table has ${brief(own)} and not ${brief(should)}`,
    )
  }
  const isReconciled = async (run: Run) => {
    facts.succeeded++
    for (const { outcome, ...key } of await ledger().runSlices(run.id)) {
      const slice = outcome === 'staged' ? await ledger().slice(key) : null
      if (slice === null || slice.runId !== run.id) continue
      if (slice.state !== 'loaded') found(`a run succeeded while ${slice.stream} ${slice.window} is ${slice.state}`)
    }
    for (const slice of await ledger().runSlices(run.id)) {
      // Another copy of a message may see more than the one that ended the run, and record it while the end is.
      if (now() - (seen.get(keyOf(slice)) ?? 0) < 10_000) continue
      if (['quarantined', 'missing', 'failed'].includes(slice.outcome))
        found(`a run succeeded although a slice of it is ${slice.outcome}: ${slice.reason?.code}`)
    }
  }
  const afterRun = (run: Run) => {
    const before = ended.get(run.id)
    if (before && before.state !== run.state) found(`a run was ${before.state} and became ${run.state}`)
    if (!isTerminal(run)) return
    ended.set(run.id, run)
    if (run.state === 'succeeded' && !before) check(isReconciled(run))
  }

  return {
    violations,
    facts,
    found,
    started({ table: { name }, window: date, id }, running) {
      const other = running.find((one) => one.table.name === name && one.window === date)
      if (other) found(`two jobs of one partition are open: ${other.id} and ${id}`)
    },
    committed({ table: { name }, window: date, id }, rows) {
      facts.commits++
      const key = `${name}/${date}`
      const epoch = Number(/_e(\d+)_a\d+$/.exec(id)?.[1] ?? 0)
      if (epoch < (epochs.get(key) ?? 0)) found(`I10 epoch ${epoch} of ${key} was committed after a later one`)
      epochs.set(key, epoch)
      const ids = rows.map((row) => row.id ?? JSON.stringify(row))
      if (new Set(ids).size !== ids.length) found(`I2 ${key} holds a row twice`)
      if (name === 'rejects') return
      check(
        ledger()
          .slices({ streams: [name], windows: [date], states: ['loaded'] })
          .then((slices) => slices.forEach((slice) => void isShown(slice, 'at a commit'))),
      )
    },
    acknowledged({ topic, data }) {
      facts.acknowledged++
      const id = Object(data).messageId
      if (typeof id !== 'string' || topic === 'dead-letter') return
      check(
        ledger()
          .message(id)
          .then((message) => {
            if (message?.state === 'pending') found(`I6 a ${message.work.kind} was acknowledged before it was done`)
          }),
      )
    },
    logged({ severity, message, code }) {
      if (code === 'INTERNAL') found(`a defect was logged: ${severity} ${message}`)
    },
    ledger: (inner) => ({
      ...inner,
      async apply(changes) {
        const partitions = changes.flatMap((each) => (each.change === 'partition' ? [each.partition] : []))
        const before = await Promise.all(partitions.map((one) => inner.partition(one.pipeline, one.stream, one.window)))
        await inner.apply(changes)
        for (const [index, partition] of partitions.entries()) {
          const old = before[index]
          if (old && partition.epoch < old.epoch) found(`I10 the epoch of ${partition.stream} went back`)
          if (old && partition.wanted < old.wanted) found(`I10 the manifest of ${partition.stream} went back`)
          if (old && partition.loaded < old.loaded && partition.loaded !== 0) found('I10 what is loaded went back')
        }
        for (const each of changes) {
          if (each.change === 'run') afterRun(each.run)
          if (each.change === 'run_slice') seen.set(keyOf(each.runSlice), now())
          if (each.change === 'slice' && each.slice.state === 'loaded') isShown(each.slice, 'as it is recorded')
        }
      },
    }),
  }
}

function keyOf({ runId, stream, shard: location, window: date }: RunSlice): string {
  return [runId, stream, location, date].join('/')
}

function brief(rows: readonly Row[]): string {
  const [first] = rows
  return first ? `${rows.length} rows like ${first.id} ${first.amount}` : 'no rows'
}
