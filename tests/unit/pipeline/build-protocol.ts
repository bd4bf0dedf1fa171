/**
 * The build protocol of functions/pipeline/build in small: one partition of a model with one input, whose content is revision 0, 1,
 * 2, and a check that reads another table. Revision 1 passes only once that table has arrived. Every step below is one atomic
 * effect: a read, a compare-and-set, a job started. `explore` tries all orders of all steps, of workers that die anywhere, of what
 * a warehouse does with its jobs, and of staging tables that expire.
 */

/** A part of the protocol that is left out or done wrong, to see that the exploration notices. */
export type Mutation =
  | 'verdict_not_recorded'
  | 'checks_not_wanted'
  | 'shared_staging'
  | 'epoch_while_publishing'
  | 'used_id_runs_again'

export interface Settings {
  readonly workers: number
  /** Changes of the input. */
  readonly changes: number
  /** Staging tables that may be lost. */
  readonly losses: number
  readonly mutation?: Mutation
  /** Stop as soon as this is violated. */
  readonly until?: string
}

export interface Exploration {
  readonly states: number
  /** States in which nothing is left to do. */
  readonly ends: number
  /** A sentence of what does not hold, with the way there. */
  readonly violations: ReadonlyMap<string, readonly string[]>
}

interface Row {
  readonly wanted: string
  readonly built: string
  readonly epoch: number
  readonly state: 'idle' | 'pending' | 'held'
  readonly verdict: 'none' | 'pass' | 'fail'
  /** Revision that the verdict is about; -1 before it. */
  readonly judged: number
}

type Step = 'look' | 'claim' | 'query' | 'wait' | 'judge' | 'publish' | 'copied' | 'end'

interface Worker {
  readonly step: Step
  /** The row as it was read. */
  readonly row: Row | null
  readonly wanted: string | null
  /** Result of its own checks, and the revision they looked at. */
  readonly found: 'pass' | 'fail' | null
  readonly judged: number
}

type Job = 'running' | 'done' | 'failed'

interface State {
  readonly input: number
  /** True once the table that the check reads has arrived. */
  readonly other: boolean
  readonly row: Row
  readonly queries: Readonly<Record<number, Job>>
  readonly copies: Readonly<Record<number, Job>>
  /** Revision in the staging table of an epoch; absent once it is gone. */
  readonly staging: Readonly<Record<number, number>>
  /** Revision in the table; -1 when it is empty. */
  readonly table: number
  readonly losses: number
  readonly workers: readonly Worker[]
}

interface Move {
  readonly label: string
  readonly next: State
  /** A worker that dies makes no progress. */
  readonly isDeath?: true
  readonly wrong?: string
}

// Claims after this are not explored: each change of an input can cause one, and each loss.
const MOST_EPOCHS = 7
const GONE: Worker = { step: 'look', row: null, wanted: null, found: null, judged: -1 }

/** Every state that can be reached. Stops at a million of them. */
export function explore(settings: Settings): Exploration {
  const first: State = {
    ...{ input: 0, other: false, queries: {}, copies: {}, staging: {}, table: -1, losses: settings.losses },
    row: { wanted: '-', built: '-', epoch: 0, state: 'idle', verdict: 'none', judged: -1 },
    workers: Array.from({ length: settings.workers }, () => GONE),
  }
  const seen = new Map<string, { readonly from: string | null; readonly label: string }>([
    [keyOf(first), { from: null, label: 'begin' }],
  ])
  const violations = new Map<string, readonly string[]>()
  const stack: State[] = [first]
  let ends = 0
  for (let state = stack.pop(); state && !violations.has(settings.until ?? ''); state = stack.pop()) {
    const from = keyOf(state)
    let isOver = true
    for (const { label, next, isDeath, wrong: found } of movesFrom(state, settings)) {
      const key = keyOf(next)
      if (!isDeath && key !== from) isOver = false
      if (!seen.has(key)) {
        if (seen.size >= 1_000_000) throw new Error('more than a million states')
        seen.set(key, { from, label })
        stack.push(next)
      }
      for (const wrong of [...wrongAfter(state, next), ...(found === undefined ? [] : [found])])
        if (!violations.has(wrong)) violations.set(wrong, wayTo(key, seen))
    }
    if (!isOver || state.row.epoch >= MOST_EPOCHS) continue
    ends++
    const wrong = wrongAtEnd(state)
    if (wrong !== null && !violations.has(wrong)) violations.set(wrong, wayTo(from, seen))
  }
  return { states: seen.size, ends, violations }
}

function wrongAfter(before: State, { table, copies }: State): readonly string[] {
  const running = Object.values(copies).filter((job) => job === 'running').length
  return [
    ...(table < before.table ? ['the table goes back to older rows'] : []),
    ...(running > 1 ? ['two publications of one partition can still commit'] : []),
  ]
}

/** In the end the other table has arrived, so every revision passes. */
function wrongAtEnd({ row, table, input }: State): string | null {
  if (row.state === 'held') return 'a held partition is never looked at again'
  return row.state === 'idle' && table === input ? null : 'the table is not what its inputs say'
}

function movesFrom(state: State, settings: Settings): readonly Move[] {
  return [
    ...outsideMoves(state, settings),
    ...state.workers.flatMap((worker, at) => stepsOf(state, { worker, at, settings })),
    ...state.workers.flatMap((worker, at): Move[] =>
      worker.step === 'look' ? [] : [{ label: `${at} dies`, next: withWorker(state, at, GONE), isDeath: true }],
    ),
  ]
}

function outsideMoves(state: State, { changes, mutation }: Settings): readonly Move[] {
  const moves: Move[] = []
  if (state.input < changes) moves.push({ label: 'the input changes', next: { ...state, input: state.input + 1 } })
  if (!state.other) moves.push({ label: 'the other table arrives', next: { ...state, other: true } })
  for (const epoch of running(state.queries)) {
    const staging = { ...(mutation === 'shared_staging' ? {} : state.staging), [place(epoch, mutation)]: state.input }
    moves.push({
      label: `the query of ${epoch} ends`,
      next: { ...state, staging, queries: { ...state.queries, [epoch]: 'done' } },
    })
  }
  for (const epoch of running(state.copies)) {
    const staged = state.staging[place(epoch, mutation)]
    const job: Job = staged === undefined ? 'failed' : 'done'
    const isOther =
      state.row.epoch === epoch && state.row.judged !== -1 && (staged ?? state.row.judged) !== state.row.judged
    moves.push({
      ...(isOther && { wrong: 'rows are published that no check has seen' }),
      label: `the publication of ${epoch} ends`,
      next: { ...state, table: staged ?? state.table, copies: { ...state.copies, [epoch]: job } },
    })
  }
  if (state.losses > 0)
    for (const epoch of Object.keys(state.staging)) {
      const { [Number(epoch)]: _, ...staging } = state.staging
      moves.push({
        label: `the staging table of ${epoch} expires`,
        next: { ...state, staging, losses: state.losses - 1 },
      })
    }
  return moves
}

const place = (epoch: number, mutation: Mutation | undefined) => (mutation === 'shared_staging' ? 0 : epoch)
const running = (jobs: State['queries']) =>
  Object.keys(jobs).flatMap((id) => (jobs[Number(id)] === 'running' ? [Number(id)] : []))

interface Acting {
  readonly worker: Worker
  readonly at: number
  readonly settings: Settings
}

function stepsOf(state: State, { worker, at, settings: { mutation } }: Acting): readonly Move[] {
  const go = (label: string, next: Worker, change: Partial<State> = {}): readonly Move[] => [
    { label: `${at} ${label}`, next: withWorker({ ...state, ...change }, at, next) },
  ]
  const wanted = mutation === 'checks_not_wanted' ? `${state.input}` : `${state.input}/${state.other}`
  const { row } = worker
  if (row === null) return look(state, wanted, mutation, go)
  const { epoch } = row
  const isSame = same(state.row, row)
  switch (worker.step) {
    case 'claim': {
      const claimed: Row = {
        ...row,
        wanted: worker.wanted ?? '',
        epoch: epoch + 1,
        state: 'pending',
        verdict: 'none',
        judged: -1,
      }
      return go('claims', GONE, isSame && epoch < MOST_EPOCHS ? { row: claimed } : {})
    }
    case 'query':
      return go('starts the query', { ...worker, step: 'wait' }, { queries: { [epoch]: 'running', ...state.queries } })
    case 'wait': {
      if (state.queries[epoch] === 'running') return []
      const staged = state.staging[place(epoch, mutation)]
      if (staged === undefined) return go('finds no staging table', { ...worker, step: 'claim', wanted })
      const found = staged === 1 && !state.other ? 'fail' : 'pass'
      if (mutation !== 'verdict_not_recorded') return go('checks', { ...worker, step: 'judge', found, judged: staged })
      return go('checks', { ...worker, step: found === 'pass' ? 'publish' : 'end', found })
    }
    case 'judge':
      return go(
        'records its verdict',
        GONE,
        isSame ? { row: { ...row, verdict: worker.found ?? 'none', judged: worker.judged } } : {},
      )
    case 'publish': {
      const copies: State['copies'] =
        mutation === 'used_id_runs_again' && state.copies[epoch] === 'done'
          ? { ...state.copies, [epoch]: 'running' }
          : { [epoch]: 'running', ...state.copies }
      return go('publishes', { ...worker, step: 'copied' }, { copies })
    }
    case 'copied':
      if (state.copies[epoch] === 'running') return []
      if (state.copies[epoch] === 'failed') return go('finds no staging table', { ...worker, step: 'claim', wanted })
      return go('sees the publication', { ...worker, step: 'end', found: 'pass' })
    case 'end': {
      const isPublished = worker.found === 'pass'
      const ended: Row = isPublished ? { ...row, state: 'idle', built: row.wanted } : { ...row, state: 'held' }
      return go('settles', GONE, isSame ? { row: ended } : {})
    }
    default:
      return []
  }
}

/** Reads the row, then the inputs, and decides what to do: `ensureBuilt` and `helpToVerdict`. */
function look(
  { row }: State,
  wanted: string,
  mutation: Mutation | undefined,
  go: (label: string, next: Worker) => readonly Move[],
): readonly Move[] {
  const seen = { row, wanted, found: null, judged: -1 }
  if (row.state !== 'pending') return row.wanted === wanted ? [] : go('wants an epoch', { ...seen, step: 'claim' })
  const isStale = row.wanted !== wanted
  if (
    isStale &&
    (row.verdict === 'none' || mutation === 'epoch_while_publishing') &&
    mutation !== 'verdict_not_recorded'
  )
    return go('wants another epoch', { ...seen, step: 'claim' })
  if (row.verdict === 'none') return go('helps', { ...seen, step: 'query' })
  return go('helps', { ...seen, step: row.verdict === 'pass' ? 'publish' : 'end', found: row.verdict })
}

function withWorker(state: State, at: number, worker: Worker): State {
  return { ...state, workers: state.workers.map((each, n) => (n === at ? worker : each)) }
}

function same(a: Row, b: Row): boolean {
  return a.epoch === b.epoch && a.state === b.state && a.verdict === b.verdict
}

/** Workers are alike, so their order does not count. */
function keyOf({ workers, ...state }: State): string {
  return JSON.stringify([state, workers.map((worker) => JSON.stringify(worker)).toSorted()])
}

function wayTo(
  key: string,
  seen: ReadonlyMap<string, { readonly from: string | null; readonly label: string }>,
): readonly string[] {
  const way: string[] = []
  for (let at: string | null = key; at !== null; ) {
    const step = seen.get(at)
    way.unshift(step?.label ?? '?')
    at = step?.from ?? null
  }
  return way
}
