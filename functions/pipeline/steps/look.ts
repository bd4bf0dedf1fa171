import { type Contract, fileOf } from '../../contract/contract.ts'
import { isFromTheFuture } from '../../lib/from-the-future.ts'
import { isOptional, versionFor } from '../definition.ts'
import type { DeliveryRecord, Instant, KeptFile, RunScope, Slice, SliceKey } from '../entities.ts'
import type { Change, Ports } from '../ports.ts'
import type { Day } from './day.ts'
import { decide, isMeant, isProposal, newSlice, toSeen } from './decide.ts'
import type { Item } from './item.ts'
import { keepFiles, type OtherFiles, planKeeping, zipArchives } from './keep.ts'
import {
  type Bundle,
  listDay,
  type MatchedDay,
  matchDay,
  NOTHING_LISTED,
  readBundles,
  withBundle,
  withKept,
} from './list-day.ts'

/** Slices and files that a look at one day of one location found. */
interface SeenDay {
  /** The slices that the run is about, each with a decision. */
  readonly items: readonly Item[]
  /** Files that no contract reads. */
  readonly others: OtherFiles
  /** When this run looks again before it reads anything; null when it reads now. */
  readonly lookAgainAt: Instant | null
}

/**
 * Lists the day's folder, compares it with the ledger, and decides slice by slice what to do. A zip archive of several files is
 * archived first, so that its files are part of the same look.
 */
export async function lookAtDay(day: Day, ports: Ports): Promise<SeenDay> {
  let seen = await lookOnce(day, ports)
  if (seen.archives.isNew) {
    await keepFiles(seen.others, day, ports)
    seen = await lookOnce(day, ports)
  }
  return { items: seen.items, others: seen.others, lookAgainAt: secondLookAt(seen, day, ports) }
}

/** Records what the second look of a run has to know of the first. */
export async function rememberSeen({ items, others }: SeenDay, { run }: Day, { ledger, clock }: Ports): Promise<void> {
  const slices = items.flatMap(({ slice, decision, lookedAt }): readonly Change[] => {
    if (decision.action !== 'wait') return []
    return [{ change: 'slice', slice: { ...toSeen(slice, decision, lookedAt), updatedAt: lookedAt, runId: run.id } }]
  })
  const files = planKeeping(others, clock.now()).wait.map((file) => ({ change: 'kept_file', file }) as const)
  await ledger.apply([...slices, ...files])
}

interface Look extends Pick<SeenDay, 'items' | 'others'> {
  readonly archives: ReturnType<typeof zipArchives>
}

async function lookOnce(day: Day, ports: Ports): Promise<Look> {
  const { definition, shard, window, run, session, readiness, contracts } = day
  const place = { pipeline: definition.name, shard: shard.id, window }
  const filter = { pipeline: definition.name, shards: [shard.id], windows: [window] }
  // Before the listing: a listing that is older than a slice would take back what a later look recorded of its file.
  const [slices, records] = await Promise.all([ports.ledger.slices(filter), ports.ledger.deliveries(filter)])
  const listed = run.scope.fromArchive ? NOTHING_LISTED : await listDay(day, session)
  const matched = matchDay(listed, contracts)
  const loose = run.scope.streams ? [] : matched.loose
  const now = ports.clock.now()
  const kept = loose.length > 0 || run.scope.fromArchive ? await ports.ledger.keptFiles(filter) : []
  const bundles = await readBundles(kept, day.scratch, ports)
  const isOpen = await isReopened(slices, day, ports)
  const found = { slices, records, isOpen, matched, kept, bundles, engine: ports.transformer.engine, now }
  const looking = {
    ...{ minimumAge: definition.minimumAge, lateAt: readiness.lateAt, endsAt: readiness.endsAt, window },
    ...{ force: run.scope.force ?? false, again: day.again },
  }
  const items = contracts
    .filter(({ stream }) => run.scope.streams?.includes(stream) ?? true)
    .map((contract) => toItem(contract, found, day))
    .filter(({ slice, decision, optional }) => isMeant(decision, slice, { run, optional }))
  const isWhole = listed.isWhole || loose.length === 0
  const others = { ...place, files: loose, isWhole, known: kept, looking }
  return { items, others, archives: zipArchives(others, now) }
}

/** Rows of the ledger and files of the source, for one day. */
interface Found {
  readonly slices: readonly Slice[]
  readonly records: readonly DeliveryRecord[]
  readonly matched: MatchedDay
  readonly kept: readonly KeptFile[]
  readonly bundles: readonly Bundle[]
  readonly engine: string
  readonly isOpen: boolean
  readonly now: Instant
}

function toItem(contract: Contract, found: Found, day: Day): Item {
  const { definition, shard, window, run, readiness, words } = day
  const { matched, now } = found
  const key: SliceKey = { pipeline: definition.name, stream: contract.stream, shard: shard.id, window }
  const file = matched.fileOf(contract)
  const stored = sliceOf(key, { contract, isListed: file !== null }, found, run.scope)
  const slice = { ...stored, dueAt: stored.dueAt ?? (definition.hasSource ? readiness.lateAt : null) }
  const past = found.records.filter(({ stream }) => stream === contract.stream)
  const record = past.find(({ raw }) => raw.sha256 === slice.raw?.sha256) ?? null
  const version = { contract: versionFor(definition, contract, shard), engine: found.engine }
  const optional = isOptional(definition, contract.stream)
  const force = run.scope.force === true || isReleased(slice, run.scope)
  const rehash = isRehashDue(slice.lookedAt, day, now)
  const isClosedCopy = isCopy(slice)
  const decision = decide({
    ...{ slice, file, version, readiness, optional, force, rehash, now, words },
    ...{ lastRecord: record, closed: day.isClosed, again: day.again, minimumAge: definition.minimumAge },
    beside: file === null ? matched.beside(fileOf(contract)) : '',
    isOpen: found.isOpen,
  })
  return { key, contract, optional, slice, record, past, decision, version, lookedAt: now, isClosedCopy }
}

/** The slice as the ledger has it, with bytes of the archive that no slice knows of yet. */
function sliceOf(
  key: SliceKey,
  { contract, isListed }: { readonly contract: Contract; readonly isListed: boolean },
  { slices, bundles, kept }: Found,
  { fromArchive }: RunScope,
): Slice {
  const known = slices.find(({ stream }) => stream === contract.stream) ?? newSlice(key)
  const own = isListed ? known : withBundle(known, contract, bundles)
  return fromArchive ? withKept(own, contract, kept) : own
}

/**
 * When this run looks again before it reads anything of the day; null when it reads now. Behind a queue service, a run of the
 * schedule leaves the second look to the next sweep, as long as there will be one. A run that a person asked for looks again.
 */
function secondLookAt(
  { items, archives }: Look,
  { definition, run, readiness, again }: Day,
  { queue, clock }: Pick<Ports, 'queue' | 'clock'>,
): Instant | null {
  const unsettled = archives.isWaiting ? [clock.now() + definition.minimumAge] : []
  const waits = [...unsettled, ...items.flatMap(({ decision }) => (decision.action === 'wait' ? [decision.until] : []))]
  const isOfSchedule = !queue.can.delay && (run.trigger === 'schedule' || run.trigger === 'file')
  const isSwept = isOfSchedule && clock.now() < readiness.lateAt
  return waits.length === 0 || again || isSwept ? null : Math.max(...waits)
}

/** True when files wait for a signature that is gone: they are judged again. Without such files nothing is read. */
export async function isReopened(
  slices: readonly Slice[],
  { definition, shard, window }: Pick<Day, 'definition' | 'shard' | 'window'>,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<boolean> {
  if (!slices.some(isProposal)) return false
  if (definition.config.signedDays !== 'hold') return true
  return (await ledger.signOff({ pipeline: definition.name, window, shard: shard.id, stream: '' })) === null
}

/** True for a published file that waits for its signed day to be opened, because its bytes belong to another day. */
function isCopy({ state, reason, raw, delivery }: Slice): boolean {
  return state === 'held' && reason.code === 'DAY_CLOSED' && raw.sha256 === delivery?.raw.sha256
}

/** True when a person released the bytes that wait. */
function isReleased({ raw }: Slice, { release = [] }: RunScope): boolean {
  return raw !== null && release.includes(raw.sha256)
}

const DAY = 86_400_000

/**
 * A file may be written anew with the size and the time it had. Only its bytes can tell, so the look-back of the night
 * after reads each file once more.
 */
function isRehashDue(lookedAt: Instant | null, { run, readiness: { dueAt } }: Day, now: Instant): boolean {
  // A file on this disk costs nothing to read, and tools that copy files give them any time.
  if (run.trigger === 'import') return true
  if (run.trigger !== 'schedule' || lookedAt === null) return false
  return (lookedAt < dueAt + DAY || isFromTheFuture(lookedAt, now)) && now >= dueAt + DAY && now < dueAt + 2 * DAY
}
