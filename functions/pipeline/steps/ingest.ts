import { type Contract, fileOf } from '../../contract/contract.ts'
import { chooseFile } from '../../contract/file-name.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { isOptional, type PipelineDefinition, readContracts, versionFor } from '../definition.ts'
import type { BusinessDate, Instant, KeptFile, Message, Run, RunScope, RunSlice, Slice, SliceKey } from '../entities.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Change, Ports } from '../ports.ts'
import { type ShardConfig, standing } from '../shard.ts'
import { hasRejects } from '../views/rejects.ts'
import { decisionBytes, decisionName, decisionOf } from '../work/decision-record.ts'
import { type Comparable, crossCheck, earlierResults } from './cross-check.ts'
import { decide, isNothing, newSlice, toSeen } from './decide.ts'
import { displaceCopies } from './displace.ts'
import { openSession, type SourceSession } from './extract.ts'
import { compareWithHistory } from './history.ts'
import { type Item, isMade, madeOf, prepare } from './item.ts'
import { keepFiles, type OtherFiles, planKeeping } from './keep.ts'
import { listDay, matchDay, NOTHING_LISTED } from './list-day.ts'
import { hasNewBundle, hasWaitingBundle, readBundles, withBundle } from './packed.ts'
import { judgeFiles, judgeTogether } from './publish.ts'
import { settle } from './settle.ts'
import { stage } from './stage.ts'

/** Windows of one shard that are to be brought in. */
interface IngestTask {
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly windows: readonly BusinessDate[]
  readonly run: Run
  readonly signal?: AbortSignal | undefined
  /** No further date is begun after it. */
  readonly deadline?: Instant | undefined
  /** This is the second look of the run: what waited is read now, or waits for another run. */
  readonly again?: boolean | undefined
}

/** What became of one business date of one location. */
interface IngestedDate {
  readonly window: BusinessDate
  readonly runSlices: readonly RunSlice[]
  /** A failure that another delivery of the message may survive. What could be done is done and recorded. */
  readonly failure: DaybreakError | null
  /** Set when files were found that nobody has seen to stand still: nothing was read, and a second look is due then. */
  readonly lookAgainAt: Instant | null
}

const CONFLICT_ATTEMPTS = 6

/**
 * Brings in some days of one location: connect once, list, fetch what is new and stable, land raw, transform, check, stage.
 * Every day is recorded in one transaction together with the `load` messages it calls for. Safe to repeat. Past the deadline,
 * or once the signal aborts, the days that were not begun are left out of the answer.
 */
export async function ingest(task: IngestTask, ports: Ports): Promise<readonly IngestedDate[]> {
  const session = openSession(ports.source(task.definition.name), ports.clock, task.signal)
  const done: IngestedDate[] = []
  try {
    for (const window of task.windows) {
      const isOver = task.signal?.aborted || (task.deadline !== undefined && ports.clock.now() >= task.deadline)
      if (isOver && done.length > 0) break
      if (isOver) throw new DaybreakError('CANCELLED', `stopped before ${window} of location ${task.shard.id}`)
      // Days that were done before a failure stay in the answer.
      const day = await ingestDate(task, { window, session }, ports).catch((error: unknown) => {
        if (done.length === 0) throw error
        return { window, runSlices: [], failure: toDaybreakError(error), lookAgainAt: null }
      })
      done.push(day)
      if (day.failure !== null && day.runSlices.length === 0) break
    }
    return done
  } finally {
    await session.close()
  }
}

/** Another worker may have recorded the same day meanwhile: then look again, with its state. Objects are not made twice. */
async function ingestDate(
  task: IngestTask,
  day: { window: BusinessDate; session: SourceSession },
  ports: Ports,
): Promise<IngestedDate> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ports.withScratch((scratch) => attemptDate(task, { ...day, scratch }, ports))
    } catch (error) {
      const lost = error instanceof DaybreakError && error.code === 'LEDGER_CONFLICT'
      if (!lost || attempt === CONFLICT_ATTEMPTS) throw error
    }
  }
}

async function attemptDate(
  task: IngestTask,
  { window, session, scratch }: { window: BusinessDate; session: SourceSession; scratch: string },
  ports: Ports,
): Promise<IngestedDate> {
  const started = ports.clock.now()
  const first = await look(task, { window, session, scratch }, ports)
  const isPacked = hasNewBundle(first.others, started)
  if (isPacked) await keepFiles(first.others, { ...task, session, scratch }, ports)
  const { items, others } = isPacked ? await look(task, { window, session, scratch }, ports) : first
  const lookAgainAt = secondLook(items, { task, window, others }, ports)
  if (lookAgainAt !== null) {
    await ports.ledger.apply([...sightings(items, task.run), ...otherSightings(others, ports.clock.now())])
    return { window, runSlices: [], failure: null, lookAgainAt }
  }
  const prepared = await prepare(items, { ...task, session, scratch }, ports)
  const history = await compareWithHistory(prepared, { ...task, window }, ports.ledger)
  const publishing = { definition: task.definition, scope: task.run.scope, own: history.results }
  const files = judgeFiles(prepared, publishing)
  // A file that is held back is not what the table shows, so the others are compared with the version before.
  const shown = prepared.map((item) => ({
    ...{ key: item.key, slice: item.slice },
    made: files.get(item.key.stream)?.stage === false ? null : madeOf(item),
  }))
  const compared = [...shown, ...(await bystanders(task, window, ports))]
  const cross = await crossCheck(compared, { ...task, scratch }, ports)
  const earlier = await earlierResults(compared, { definition: task.definition, fresh: cross }, ports.ledger)
  const settled = settle({
    items: judgeTogether(prepared, { ...publishing, files, cross }),
    checks: { own: history.results, cross, earlier },
    constants: history.constants,
    definition: task.definition,
    shard: task.shard,
    window,
    run: task.run,
    now: ports.clock.now(),
    newId: ports.newId,
  })
  for (const { key, made } of prepared.filter(isMade)) await stage(key, made, ports.objects)
  await keepDecision(settled.changes, { task, window, items }, ports)
  const published = settled.runSlices.filter(({ outcome }) => outcome === 'staged')
  const displaced = await displaceCopies(history.copies, { run: task.run, published }, ports)
  await ports.ledger.apply([...settled.changes, ...displaced])
  const looks = displaced.flatMap(toIngest)
  if (looks.length > 0) await ports.queue.publish(looks)
  // A day that is looked at again keeps them then.
  const isOver = settled.failure !== null || task.signal?.aborted
  const unkept = isOver ? null : await keepFiles(others, { ...task, session, scratch }, ports).catch(toDaybreakError)
  tell({ task, window, runSlices: settled.runSlices, milliseconds: ports.clock.now() - started }, ports)
  return { window, runSlices: settled.runSlices, failure: settled.failure ?? unkept ?? null, lookAgainAt: null }
}

/**
 * When this run should look again before it reads anything of the day; null when it should not. Behind a queue service, a run
 * of the schedule leaves that to the next sweep, as long as there will be one. A run that a person asked for looks again.
 */
function secondLook(
  items: readonly Item[],
  { task, window, others }: { readonly task: IngestTask; readonly window: BusinessDate; readonly others: OtherFiles },
  { queue, clock }: Ports,
): Instant | null {
  const bundles = hasWaitingBundle(others, clock.now()) ? [clock.now() + task.definition.minimumAge] : []
  const waits = [...bundles, ...items.flatMap(({ decision }) => (decision.action === 'wait' ? [decision.until] : []))]
  const { trigger } = task.run
  const isOfSchedule = !queue.can.delay && (trigger === 'schedule' || trigger === 'file')
  const isSwept = isOfSchedule && clock.now() < plannerOf(task.definition).readiness(task.shard, window).lateAt
  if (waits.length === 0 || task.again || isSwept) return null
  return Math.max(...waits)
}

/** What the first look has to remember for the second. */
function sightings(items: readonly Item[], run: Run): readonly Change[] {
  return items.flatMap(({ slice, decision, lookedAt }): readonly Change[] => {
    if (decision.action !== 'wait') return []
    return [{ change: 'slice', slice: { ...toSeen(slice, decision, lookedAt), updatedAt: lookedAt, runId: run.id } }]
  })
}

function otherSightings(others: OtherFiles, now: Instant): readonly Change[] {
  return planKeeping(others, now).wait.map((file) => ({ change: 'kept_file', file }))
}

/** Puts what was decided beside the parts, before the ledger has it: a lost ledger is rebuilt from these objects. */
async function keepDecision(
  changes: readonly Change[],
  {
    task,
    window,
    items,
  }: { readonly task: IngestTask; readonly window: BusinessDate; readonly items: readonly Item[] },
  { objects, clock }: Ports,
): Promise<void> {
  const at = Math.max(0, ...items.map(({ lookedAt }) => lookedAt ?? clock.now()))
  const decision = decisionOf(changes, { before: items.map(({ slice }) => slice), at })
  if (decision === null) return
  const day = { pipeline: task.definition.name, shard: task.shard.id, window }
  await objects.put(decisionName(day, decision), decisionBytes(decision))
}

/** Lists the day's folder and decides, slice by slice, what to do. */
async function look(
  task: IngestTask,
  { window, session, scratch }: { window: BusinessDate; session: SourceSession; scratch: string },
  ports: Ports,
): Promise<{ readonly items: readonly Item[]; readonly others: OtherFiles }> {
  const { definition, shard, run } = task
  const filter = { pipeline: definition.name, shards: [shard.id], windows: [window] }
  // Before the listing: a listing that is older than a slice would take back what a later look recorded of its file.
  const [slices, records] = await Promise.all([ports.ledger.slices(filter), ports.ledger.deliveries(filter)])
  const listed = run.scope.fromArchive ? NOTHING_LISTED : await listDay({ definition, shard, window }, session)
  const contracts = readContracts(definition, shard)
  const matched = matchDay(listed, contracts)
  const loose = run.scope.streams ? [] : matched.loose
  const now = ports.clock.now()
  const ready = plannerOf(definition).readiness(shard, window)
  const kept = loose.length > 0 || run.scope.fromArchive ? await ports.ledger.keptFiles(filter) : []
  const bundles = await readBundles(kept, scratch, ports)
  const items = contracts
    .filter(({ stream }) => run.scope.streams?.includes(stream) ?? true)
    .map((contract) => {
      const key: SliceKey = { pipeline: definition.name, stream: contract.stream, shard: shard.id, window }
      const known = slices.find(({ stream }) => stream === contract.stream) ?? newSlice(key)
      const file = matched.fileOf(contract)
      const kin = file === null ? withBundle(known, contract, bundles) : known
      const slice = run.scope.fromArchive ? withKept(kin, contract, kept) : kin
      const past = records.filter(({ stream }) => stream === contract.stream)
      const record = past.find(({ raw }) => raw.sha256 === slice.raw?.sha256)
      const version = { contract: versionFor(definition, contract, shard), engine: ports.transformer.engine }
      const decision = decide({
        slice,
        file,
        lastRecord: record ?? null,
        version,
        readiness: ready,
        minimumAge: definition.minimumAge,
        closed: standing(shard, window) === 'closed',
        optional: isOptional(definition, contract.stream),
        beside: file === null ? matched.beside(fileOf(contract)) : '',
        force: run.scope.force === true || isReleased(slice, run.scope),
        again: task.again ?? false,
        rehash: isRehashDue(run, slice.lookedAt, { window, now, dueAt: ready.dueAt }),
        now,
      })
      return { key, contract, slice, record: record ?? null, past, decision, version, lookedAt: now }
    })
    .filter((item) => isMeant(item, task))
  const day = { pipeline: definition.name, shard: shard.id, window }
  const looking = {
    ...{ minimumAge: definition.minimumAge, lateAt: ready.lateAt, endsAt: ready.endsAt, window },
    ...{ force: run.scope.force ?? false, again: task.again ?? false },
  }
  return {
    items,
    others: { ...day, files: loose, isWhole: listed.isWhole || loose.length === 0, known: kept, looking },
  }
}

/** A contract may be younger than its files: then they were archived, and no slice knows of them. */
function withKept(slice: Slice, contract: Contract, kept: readonly KeptFile[]): Slice {
  if (slice.raw !== null) return slice
  const named = chooseFile(
    fileOf(contract),
    kept.flatMap(({ source, raw }) => (raw === null ? [] : [source])),
  )
  const found = kept.find(({ source }) => source === named)
  return found ? { ...slice, state: 'landed', raw: found.raw, source: found.source, firstSeenAt: found.at } : slice
}

/**
 * A folder that is imported holds what a person has, and the archive what was landed: neither says that a file is missing.
 * A replay of rejects leaves slices without any alone.
 */
function isMeant(
  { decision, slice }: Pick<Item, 'decision' | 'slice'>,
  { run: { trigger, scope }, definition }: IngestTask,
): boolean {
  if (isNothing(decision, slice, isOptional(definition, slice.stream))) return false
  if ((trigger === 'import' || scope.fromArchive) && decision.action === 'absent') return false
  return !scope.rejectedOnly || hasRejects(slice)
}

/** What is published of streams that a narrowed run leaves alone: the files it brings in are compared with them. */
async function bystanders(
  { definition, shard, run }: IngestTask,
  window: BusinessDate,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<readonly Comparable[]> {
  const { streams } = run.scope
  if (streams === undefined) return []
  const slices = await ledger.slices({ pipeline: definition.name, shards: [shard.id], windows: [window] })
  const others = slices.filter(({ stream, delivery }) => delivery !== null && !streams.includes(stream))
  return others.map((slice) => ({ key: slice, made: null, slice }))
}

/** A person released the bytes that wait. */
function isReleased({ raw }: Slice, { release = [] }: RunScope): boolean {
  return raw !== null && release.includes(raw.sha256)
}

const DAY = 86_400_000

/**
 * A file may be written anew with the size and the time it had. Only its bytes can tell, so the look-back of the night
 * after reads each file once more.
 */
function isRehashDue(
  run: Run,
  lookedAt: number | null,
  { now, dueAt }: { window: BusinessDate; now: number; dueAt: number },
): boolean {
  // What is on this disk costs nothing to read, and tools that copy files give them any time.
  if (run.trigger === 'import') return true
  if (run.trigger !== 'schedule' || lookedAt === null) return false
  return (lookedAt < dueAt + DAY || isFromTheFuture(lookedAt, now)) && now >= dueAt + DAY && now < dueAt + 2 * DAY
}

/** The days of copies are looked at again. Loads are sent by the worker that ends a message of their window. */
function toIngest(change: Change): readonly Message[] {
  return change.change === 'message' && change.message.work.kind === 'ingest' ? [change.message] : []
}

function tell(
  {
    task,
    window,
    runSlices,
    milliseconds,
  }: { task: IngestTask; window: BusinessDate; runSlices: readonly RunSlice[]; milliseconds: number },
  { log }: Ports,
): void {
  const count = (outcome: RunSlice['outcome']) => runSlices.filter((slice) => slice.outcome === outcome).length
  log({
    severity: 'INFO',
    message: `Looked at ${runSlices.length} slices of location ${task.shard.id} for ${window}`,
    step: 'stage',
    runId: task.run.id,
    pipeline: task.definition.name,
    shard: task.shard.id,
    window,
    milliseconds,
    counts: {
      staged: count('staged'),
      unchanged: count('unchanged'),
      resumed: count('resumed'),
      held: count('held'),
      quarantined: count('quarantined'),
      missing: count('missing'),
      seen: count('seen'),
      failed: count('failed'),
    },
  })
}
