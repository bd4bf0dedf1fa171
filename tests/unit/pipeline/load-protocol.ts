/**
 * The load protocol of functions/pipeline/night.ts in small: one partition fed by one slice, whose content is A, then B,
 * then A again. Once the ledger may be put back to an earlier state, while the table, its jobs and the manifests stay as they
 * are; what is delivered after that is another B, or another A. Every step below is one atomic effect (a read, a put, a compare-and-set, a job started); `explore` tries
 * all orders of all steps of three workers, of crashes at any step, and of what a warehouse may do with the jobs it has.
 */

/** Steps that can be left out of the protocol, or done wrong, to see that the exploration notices. */
export type Mutation =
  | 'job_named_after_content'
  | 'slices_before_row'
  | 'no_look_after_success'
  | 'epoch_while_pending'
  | 'attempt_keeps_id'
  | 'manifest_overwritten'
  | 'mark_without_row'
  | 'taken_number_not_wanted'
  | 'used_id_taken_for_done'
  | 'no_survey'

export interface Settings {
  readonly crashes: number
  /** How many jobs the warehouse may fail, by no fault of the data. */
  readonly failures: number
  /** True when loaded slices are marked; those of the partition of rejects are not. */
  readonly marks: boolean
  readonly workers?: number
  /** True when the ledger may be put back once, while no job runs. */
  readonly restore?: boolean
  readonly mutation?: Mutation
  /** Also look for states that no end can be reached from; takes twice the time. */
  readonly ends?: boolean
  /** Stop as soon as this is violated. */
  readonly until?: string
}

/** Number of the states that were reached, and the invariants that some of them break, each with the way there. */
export interface Exploration {
  readonly states: number
  readonly violations: ReadonlyMap<string, readonly string[]>
}

interface Row {
  readonly version: number
  readonly wanted: number
  readonly loaded: number
  /** Manifest of the pending job, 0 when idle. */
  readonly loading: number
  readonly epoch: number
  readonly attempt: number
}

type Step =
  | 'begin'
  | 'read_row'
  | 'read_slice'
  | 'read_row_late'
  | 'put'
  | 'want'
  | 'mark'
  | 'claim'
  | 'start'
  | 'wait'
  | 'settle'
  | 'next_attempt'
  | 'survey'
  | 'stale'
  | 'end'

interface Worker {
  readonly step: Step
  readonly row: Row | null
  /** Revision of the slice as it was read; -1 when it was not. */
  readonly revision: number
  readonly mine: boolean
  /** True when this worker started the job it waits for. */
  readonly created: boolean
}

/** The ledger, as a backup holds it. */
interface Backup {
  readonly revision: number
  readonly marked: number
  readonly row: Row
}

interface State {
  /** Number of the slice's content; from `SECOND` on, what came after the ledger was put back. */
  readonly revision: number
  /** Null before one is made; `used` once the ledger was put back to it. */
  readonly backup: Backup | 'used' | null
  /** A partition that was held although nothing is wrong with it. */
  readonly held: boolean
  /** The revision that is marked as loaded; -1 for none. */
  readonly marked: number
  readonly row: Row
  /** The revision that each manifest was made of, manifest 1 first. */
  readonly manifests: readonly number[]
  readonly jobs: readonly Job[]
  /** Manifest that the table equals; 0 when it is empty. */
  readonly table: number
  readonly crashes: number
  readonly failures: number
  readonly workers: readonly Worker[]
}

interface Job {
  readonly id: string
  readonly manifest: number
  readonly epoch: number
  readonly state: 'running' | 'done' | 'failed'
}

type Move = readonly [label: string, next: State]

// What is delivered once the ledger was put back begins here.
const SECOND = 3
const CONTENTS = ['A', 'B', 'A', 'C', 'B'] as const
const IDLE = { row: null, revision: -1, mine: false, created: false } as const

const content = (revision: number) => CONTENTS[revision]
const manifestRevision = ({ manifests }: State, number: number) => manifests[number - 1] ?? -1
const lists = (state: State, number: number) => content(manifestRevision(state, number))

/** Every state that can be reached. Stops at a million of them. */
export function explore(settings: Settings): Exploration {
  const first = beginning(settings)
  const seen = new Map<string, { readonly from: string | null; readonly label: string }>([
    [keyOf(first), { from: null, label: 'begin' }],
  ])
  const stack: (readonly [key: string, state: State])[] = [[keyOf(first), first]]
  const violations = new Map<string, readonly string[]>()
  const before = new Map<string, string[]>()
  const ends: string[] = []
  for (let top = stack.pop(); top !== undefined && !violations.has(settings.until ?? ''); top = stack.pop()) {
    const [from, state] = top
    const moves = movesFrom(state, settings)
    for (const wrong of [...wrongIn(state, settings), ...(moves.length === 0 ? wrongAtEnd(state, settings) : [])])
      if (!violations.has(wrong)) violations.set(wrong, wayTo(from, seen))
    if (moves.length === 0) ends.push(from)
    for (const [label, next] of moves) {
      const key = keyOf(next)
      if (settings.ends) before.set(key, [...(before.get(key) ?? []), from])
      if (seen.has(key)) continue
      if (seen.size >= 1_000_000) throw new Error('more than a million states')
      seen.set(key, { from, label })
      stack.push([key, next])
      if (
        !settings.restore &&
        next.table !== state.table &&
        manifestRevision(next, next.table) < manifestRevision(state, state.table)
      )
        violations.set('the table goes back to an older revision', wayTo(key, seen))
    }
  }
  const leading = settings.ends ? leadingTo(ends, before) : seen
  const stuck = [...seen.keys()].find((key) => !leading.has(key))
  if (stuck !== undefined) violations.set('no worker can end any more', wayTo(stuck, seen))
  return { states: seen.size, violations }
}

/** The states from which one of the ends can be reached. */
function leadingTo(ends: readonly string[], before: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const leading = new Set(ends)
  for (const key of leading) for (const earlier of before.get(key) ?? []) leading.add(earlier)
  return leading
}

function beginning({ crashes, failures, workers = 3 }: Settings): State {
  const row = { version: 0, wanted: 0, loaded: 0, loading: 0, epoch: 0, attempt: 0 }
  return {
    revision: 0,
    backup: null,
    held: false,
    marked: -1,
    row,
    manifests: [],
    jobs: [],
    table: 0,
    crashes,
    failures,
    workers: Array.from({ length: workers }, (_, n) => ({ step: n > 0 ? 'begin' : 'read_row', ...IDLE })),
  }
}

function movesFrom(state: State, settings: Settings): readonly Move[] {
  return [
    ...state.workers.flatMap((worker, n) => stepsOf(state, { worker, n }, settings)),
    ...state.workers.flatMap((worker, n) => crashOf(state, worker, n)),
    ...state.jobs.flatMap((job) => endsOf(state, job)),
    ...(settings.restore ? restoresOf(state) : []),
  ]
}

/**
 * A backup is made at any moment, and put back when no job runs. All workers are gone then. The first one begins a run, which
 * compares the ledger with the warehouse; the others bring what is delivered from then on.
 */
function restoresOf(state: State): readonly Move[] {
  const { backup, revision, marked, row, jobs, workers } = state
  if (backup === null) return [['back up', { ...state, backup: { revision, marked, row } }]]
  if (backup === 'used' || jobs.some((job) => job.state === 'running')) return []
  const restored = { ...state, ...backup, backup: 'used' as const }
  const as = (step: Step) => workers.map((_, n): Worker => ({ step: n === 0 ? 'survey' : step, ...IDLE }))
  return [
    ['put back, and nothing follows', { ...restored, workers: as('end') }],
    ['put back, and corrections follow', { ...restored, workers: as('begin') }],
  ]
}

/** A warehouse ends its running jobs in any order, at any time. */
function endsOf(state: State, job: Job): readonly Move[] {
  if (job.state !== 'running') return []
  const ended = (as: Job['state']) => state.jobs.map((one) => (one === job ? { ...job, state: as } : one))
  const done: Move = [`${job.id} commits`, { ...state, jobs: ended('done'), table: job.manifest }]
  if (state.failures === 0) return [done]
  return [done, [`${job.id} fails`, { ...state, jobs: ended('failed'), failures: state.failures - 1 }]]
}

// Dying after reading alone is no more than to have been slow, so only deaths after an effect are tried.
const AFTER_EFFECT: readonly Step[] = ['want', 'claim', 'start', 'wait']

/** A worker dies, and its message comes again: all that it knew is lost, all that it did stays. */
function crashOf(state: State, { step }: Worker, n: number): readonly Move[] {
  if (state.crashes === 0 || !AFTER_EFFECT.includes(step)) return []
  return [[`${n} dies`, put({ ...state, crashes: state.crashes - 1 }, n, { step: 'read_row', ...IDLE })]]
}

function stepsOf(state: State, { worker, n }: { worker: Worker; n: number }, settings: Settings): readonly Move[] {
  const next = step(state, { worker, n }, settings)
  if (next === null) return []
  return [[`${n} ${worker.step}`, next.row === state.row ? next : withoutLosers(next)]]
}

const COMPARE_AND_SET: readonly Step[] = ['want', 'claim', 'mark', 'settle', 'next_attempt', 'stale']

/** A worker that is about to compare-and-set a row that has moved can only lose and read again: one state, not two. */
function withoutLosers(state: State): State {
  const isLost = ({ step, row }: Worker) => COMPARE_AND_SET.includes(step) && row?.version !== state.row.version
  return {
    ...state,
    workers: state.workers.map((worker) => (isLost(worker) ? { step: 'read_row', ...IDLE } : worker)),
  }
}

/** The next atomic step of a worker; null when it waits, or has ended. */
function step(state: State, { worker, n }: { worker: Worker; n: number }, settings: Settings): State | null {
  const { mutation } = settings
  const go = (to: Step, more: Partial<Worker> = {}, changed: Partial<State> = {}) =>
    put({ ...state, ...changed }, n, { step: to, ...more })
  const again = (changed: Partial<State> = {}) => go('read_row', IDLE, changed)
  const row = worker.row ?? state.row
  const isCurrent = row.version === state.row.version
  const moved = (changes: Partial<Row>): Row => ({ ...row, ...changes, version: row.version + 1 })
  const id = jobId(state, row, mutation)
  const job = state.jobs.find((one) => one.id === id)

  switch (worker.step) {
    case 'end':
      return null
    case 'begin':
      // The change and its message are one transaction, so the message is there from then on.
      return go('read_row', {}, { revision: nextRevision(state) })
    case 'survey': {
      const seen = Math.max(0, ...state.jobs.map(({ epoch }) => epoch))
      if (
        mutation === 'no_survey' ||
        mutation === 'used_id_taken_for_done' ||
        seen <= state.row.epoch ||
        state.row.loading > 0
      )
        return again()
      const stale = { ...state.row, epoch: seen, loaded: 0, version: state.row.version + 1 }
      return again({ row: stale })
    }
    case 'read_row':
      if (mutation === 'slices_before_row') return go('read_row_late', { revision: state.revision })
      return go('read_slice', { row: state.row })
    case 'read_row_late':
      return go(...decide(state, { row: state.row, revision: worker.revision }, settings))
    case 'read_slice':
      return go(...decide(state, { row, revision: state.revision }, settings))
    case 'put': {
      const { manifests, mine } = putManifest(state, { row, revision: worker.revision }, mutation)
      if (!mine && mutation === 'taken_number_not_wanted') return again()
      return go('want', { mine }, { manifests })
    }
    case 'want': {
      if (!isCurrent) return again()
      const wants = moved({ wanted: row.wanted + 1 })
      if (!worker.mine) return again({ row: wants })
      const [to, more] = decide(state, { row: wants, revision: worker.revision }, settings)
      return go(to, more, { row: wants })
    }
    case 'mark':
      if (worker.revision !== state.revision || !isCurrent) return again()
      return go('end', IDLE, { marked: worker.revision, ...(mutation !== 'mark_without_row' && { row: moved({}) }) })
    case 'claim': {
      if (!isCurrent) return again()
      const claimed = moved({ epoch: nextEpoch(state, row, mutation), attempt: 1, loading: row.wanted })
      return go('start', { row: claimed }, { row: claimed })
    }
    case 'start': {
      const { epoch } = row
      const started: Job = { id, manifest: row.loading, epoch, state: 'running' }
      return go('wait', { created: job === undefined }, { jobs: job ? state.jobs : [...state.jobs, started] })
    }
    case 'wait':
      // The end of a job is for ever, so asking for it and reading the slice may count as one step.
      if (job?.state === 'done') {
        const isEqual = !compares(mutation) || lists(state, state.table) === lists(state, row.loading)
        return isEqual ? go('settle', { revision: state.revision }) : go('stale')
      }
      return job?.state === 'failed' ? go('next_attempt') : null
    case 'settle': {
      const marks = settings.marks && lists(state, row.loading) === content(worker.revision)
      if (!isCurrent || (marks && worker.revision !== state.revision)) return again()
      const changed = {
        row: moved({ loaded: row.loading, loading: 0 }),
        ...(marks && { marked: worker.revision }),
      }
      return mutation === 'no_look_after_success' ? go('end', IDLE, changed) : again(changed)
    }
    case 'stale':
      if (!isCurrent) return again()
      if (worker.created) return go('end', IDLE, { held: true })
      return again({ row: moved({ epoch: nextEpoch(state, row, mutation), attempt: 1 }) })
    case 'next_attempt':
      return isCurrent ? again({ row: moved({ attempt: row.attempt + 1 }) }) : again()
  }
}

/** Next step about a row and a slice, both as they were read, and what has to be remembered for it. */
function decide(
  state: State,
  { row, revision }: { row: Row; revision: number },
  { marks, mutation }: Settings,
): [Step, Partial<Worker>] {
  if (row.wanted === 0 || lists(state, row.wanted) !== content(revision)) return ['put', { row, revision }]
  const leaves = mutation !== 'epoch_while_pending' || row.loading === row.wanted
  if (row.loading > 0 && leaves) return ['start', { ...IDLE, row }]
  if (row.loaded !== row.wanted) return ['claim', { ...IDLE, row }]
  return marks && state.marked !== revision ? ['mark', { row, revision, mine: false }] : ['end', IDLE]
}

/** Creates the manifest if its number is free. One that lists the same is as good as ours. */
function putManifest(
  { manifests }: State,
  { row, revision }: { row: Row; revision: number },
  mutation: Mutation | undefined,
): { manifests: readonly number[]; mine: boolean } {
  const taken = manifests[row.wanted]
  if (taken === undefined) return { manifests: [...manifests, revision], mine: true }
  const same = content(taken) === content(revision)
  if (!same && mutation !== 'manifest_overwritten') return { manifests, mine: false }
  return same ? { manifests, mine: true } : { manifests: manifests.with(row.wanted, revision), mine: true }
}

function nextRevision({ backup, revision }: State): number {
  return backup === 'used' ? Math.max(SECOND, revision + 1) : revision + 1
}

/** Before a load was proved by its table, the end of its job was enough. */
function compares(mutation: Mutation | undefined): boolean {
  return mutation !== 'used_id_taken_for_done' && mutation !== 'job_named_after_content'
}

/** Larger than every epoch of the ledger, and than every one that the warehouse has seen. */
function nextEpoch({ jobs }: State, { epoch }: Row, mutation: Mutation | undefined): number {
  if (mutation === 'used_id_taken_for_done') return epoch + 1
  return Math.max(epoch, ...jobs.map((job) => job.epoch)) + 1
}

function jobId(state: State, { epoch, attempt, loading }: Row, mutation: Mutation | undefined): string {
  if (mutation === 'job_named_after_content') return `${lists(state, loading)}_a${attempt}`
  // Before content was in the id, one that was used loaded nothing, and was taken for done.
  if (mutation === 'used_id_taken_for_done') return `e${epoch}_a${attempt}`
  const content = lists(state, loading)
  return mutation === 'attempt_keeps_id' ? `e${epoch}_${content}` : `e${epoch}_a${attempt}_${content}`
}

/** Invariants that a state breaks; empty when it breaks none. */
function wrongIn(state: State, { marks, failures }: Settings): readonly string[] {
  const running = state.jobs.filter((job) => job.state === 'running').length
  // A slice of a ledger that was put back says what it said then, until a run has looked.
  const says = marks && state.marked === state.revision && state.backup !== 'used'
  return [
    ...(state.row.attempt > failures + 1 ? ['there are more attempts than failures'] : []),
    ...(state.held ? ['a partition is held although nothing is wrong with it'] : []),
    ...(running > 1 ? ['two jobs of one partition can still commit'] : []),
    ...(says && lists(state, state.table) !== content(state.revision) ? ['a slice says loaded and is not'] : []),
  ]
}

/** Invariants that an end state breaks, when nothing more can happen: all messages are done, all jobs have ended. */
function wrongAtEnd(state: State, { marks }: Settings): readonly string[] {
  const { row, revision, table } = state
  return [
    ...(state.workers.every((worker) => worker.step === 'end') ? [] : ['a worker waits for ever']),
    ...(lists(state, table) === content(revision) ? [] : ['the table is not what the ledger says']),
    ...(row.loading === 0 && row.loaded === row.wanted && lists(state, row.loaded) === lists(state, table)
      ? []
      : ['the row is not what it says']),
    ...(marks && state.marked !== revision ? ['a slice is loaded and does not say so'] : []),
  ]
}

function put(state: State, n: number, changes: Partial<Worker>): State {
  return { ...state, workers: state.workers.map((worker, index) => (index === n ? { ...worker, ...changes } : worker)) }
}

const texts = new WeakMap<object, string>()

/** A part of a state as text. Parts are shared by many states, so each is put into words once. */
function textOf<Part extends object>(part: Part, toText: (part: Part) => string): string {
  const known = texts.get(part)
  if (known !== undefined) return known
  const text = toText(part)
  texts.set(part, text)
  return text
}

const ofRow = (row: Row) => textOf(row, (it) => Object.values(it).join())
const ofJob = (job: Job) => textOf(job, ({ id, manifest, epoch, state }) => `${id}/${epoch}=${manifest}${state}`)
const ofBackup = (backup: Backup) =>
  textOf(backup, ({ revision, marked, row }) => `${revision} ${marked} ${ofRow(row)}`)
const ofWorker = (worker: Worker) =>
  textOf(worker, ({ step, row, revision, mine, created }) => [step, row && ofRow(row), revision, mine, created].join())

/** Equal for states that are one: workers are interchangeable, so their order does not count. */
function keyOf({ workers, jobs, row, manifests, revision, marked, table, crashes, failures, ...rest }: State): string {
  const places = workers.map(ofWorker).sort().join(' ')
  const backup = rest.backup === null || rest.backup === 'used' ? rest.backup : ofBackup(rest.backup)
  return `${backup} ${rest.held} ${revision} ${marked} ${table} ${crashes} ${failures} ${manifests} ${ofRow(row)} ${jobs.map(ofJob)} ${places}`
}

function wayTo(key: string, seen: ReadonlyMap<string, { readonly from: string | null; readonly label: string }>) {
  const way: string[] = []
  for (let at: string | null = key; at !== null; ) {
    const step = seen.get(at)
    if (!step) break
    way.unshift(step.label)
    at = step.from
  }
  return way
}
