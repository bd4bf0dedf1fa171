import { decisionBytes, decisionName, decisionOf } from '../decision-record.ts'
import type { Delivery, DeliveryRecord, Instant, Message, Slice, SliceKey, Work } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import type { SignOff } from '../people/records.ts'
import type { Change, Ports } from '../ports.ts'
import type { CheckedDay } from './check-day.ts'
import type { Day } from './day.ts'
import type { PreparedItem } from './item.ts'
import type { SettledDay } from './settle.ts'
import { stage } from './transform.ts'

/**
 * Puts the parts of a day and its decision into object storage, before the ledger has them: a lost ledger is rebuilt from
 * these objects.
 */
export async function stageDay(
  { items, changes }: { readonly items: readonly PreparedItem[]; readonly changes: readonly Change[] },
  { definition, shard, window }: Day,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<void> {
  for (const item of items) if (item.result === 'made') await stage(item.key, item.made, objects)
  const at = Math.max(0, ...items.map(({ lookedAt }) => lookedAt ?? clock.now()))
  const decision = decisionOf(changes, { before: items.map(({ slice }) => slice), at })
  if (decision === null) return
  const place = { pipeline: definition.name, shard: shard.id, window }
  await objects.put(decisionName(place, decision), decisionBytes(decision))
}

type PublishPorts = Pick<Ports, 'ledger' | 'queue' | 'clock' | 'newId'>

interface Published extends Pick<SettledDay, 'changes' | 'runSlices'>, Pick<CheckedDay, 'copies'> {
  /** Times of the steps. They come last: other workers of the run wait for their rows. */
  readonly times: readonly Change[]
}

/**
 * Publishes a day for the loads that follow: one transaction records its slices and the `load` messages they call for. Days
 * whose published files turn out to be copies are looked at again.
 */
export async function publishDay(
  { changes, runSlices, copies, times }: Published,
  day: Day,
  ports: PublishPorts,
): Promise<void> {
  const published = runSlices.filter(({ outcome }) => outcome === 'staged')
  const displaced = await displaceCopies(copies, { day, published }, ports)
  await ports.ledger.apply([...changes, ...displaced, ...times])
  // The worker that ends a message of their window sends the loads.
  const looks = displaced.flatMap((change) => (change.change === 'message' ? [change.message] : [])).filter(isIngest)
  if (looks.length > 0) await ports.queue.publish(looks)
}

const isIngest = ({ work }: Message): boolean => work.kind === 'ingest'

/**
 * Takes copies out of their partitions once the day arrives that their bytes belong to: a copy that was published first is judged
 * again and held, as if the right day had come first. A version that a person released or forced stays, and so does one of a day
 * that was signed: it waits until the day is opened again.
 */
async function displaceCopies(
  copies: readonly DeliveryRecord[],
  { day, published }: { readonly day: Day; readonly published: readonly SliceKey[] },
  { ledger, clock, newId }: PublishPorts,
): Promise<readonly Change[]> {
  const { run, definition } = day
  const now = clock.now()
  const messageOf = (work: Work): Message => ({
    ...{ id: newId(), runId: run.id, work, state: 'pending', attempts: 0, notBefore: now, unchanged: [] },
    ...{ reason: null, createdAt: now, sentAt: work.kind === 'load' ? null : now, version: 0 },
  })
  const changes: Change[] = []
  for (const copy of copies.filter(({ stream }) => published.some((key) => key.stream === stream))) {
    const slice = await ledger.slice(copy)
    if (!slice?.delivery || slice.delivery.raw.sha256 !== copy.raw.sha256 || slice.delivery.override) continue
    const { pipeline, shard, stream, window } = copy
    const isClosing = definition.config.signedDays === 'hold'
    const signOff = isClosing ? await ledger.signOff({ pipeline, window, shard, stream }) : null
    if (signOff) {
      changes.push(...closedCopy({ ...slice, delivery: slice.delivery }, { signOff, day, now }))
      continue
    }
    const bare = { ...slice, state: 'landed', delivery: null, reason: null, updatedAt: now, runId: run.id } as const
    changes.push(
      { change: 'slice', slice: bare },
      { change: 'message', message: messageOf({ kind: 'ingest', pipeline, shard, windows: [window] }) },
      { change: 'message', message: messageOf({ kind: 'load', pipeline, stream, window }) },
    )
  }
  return changes
}

/** A copy in a day that was signed stays in its table, and its incident says how it is taken out or kept. */
function closedCopy(
  slice: Slice & { readonly delivery: Delivery },
  { signOff, day: { run, shard: right, window }, now }: ClosedCopy,
): readonly Change[] {
  const { actor, at } = signOff
  const message =
    `${slice.stream} of ${slice.shard} ${slice.window} waits as a proposal: its bytes belong to ${right.id} ${window}; ` +
    `the day was signed by ${actor} at ${new Date(at).toISOString()}; ` +
    `\`daybreak reopen ${slice.window} --location ${slice.shard} --reason TEXT\` takes it out, ` +
    `\`daybreak slices release --location ${slice.shard} --date ${slice.window}\` keeps it`
  const reason = { code: 'DAY_CLOSED', message } as const
  const cause = incidentCause.refused(slice.pipeline, slice.shard, 'DAY_CLOSED')
  const subject = `${slice.window} ${slice.stream}`
  return [
    {
      change: 'slice',
      slice: { ...slice, state: 'held', raw: slice.delivery.raw, reason, updatedAt: now, runId: run.id },
    },
    { change: 'incident_opened', ...cause, subject, severity: 'warning', reason, runId: run.id, at: now },
  ]
}

interface ClosedCopy {
  readonly signOff: SignOff
  readonly day: Day
  readonly now: Instant
}
