import { DaybreakError } from '../../functions/errors.ts'
import type { Incident, IncidentState } from '../../functions/pipeline/entities.ts'
import { INCIDENT_KINDS } from '../../functions/pipeline/incident-cause.ts'
import type { Change, IncidentFilter, Ports } from '../../functions/pipeline/ports.ts'
import { actorOf } from '../actor.ts'
import type { Args } from '../args.ts'
import { type Call, command, group } from '../command.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { withDaybreak } from '../open.ts'
import { readCount } from '../values.ts'

const list = command({
  name: 'incidents list',
  description: 'List open problems, one per cause.',
  args: {
    all: { type: 'boolean', description: 'Resolved ones, too.' },
    kind: { type: 'enum', options: [...INCIDENT_KINDS], description: 'Those of one kind of cause, e.g. missing.' },
    pipeline: { type: 'string', valueHint: 'NAME', description: 'Those of one pipeline.' },
    location: { type: 'string', valueHint: 'ID', description: 'Those of one location.' },
    stream: { type: 'string', valueHint: 'NAME', description: 'Those of one stream.' },
    ...LIMIT_ARG,
  },
  examples: ['daybreak incidents list --location 185001', 'daybreak incidents list --kind missing'],
  async run(call) {
    await withDaybreak(call, async ({ ports }) => {
      const incidents = await ports.ledger.incidents(filterOf(call.args))
      await call.output.rows({
        columns: [
          'id',
          { key: 'severity', tone: (value) => (value === 'error' ? 'bad' : 'warn') },
          'state',
          'occurrences',
          'subjects',
          'opened',
          'code',
          'message',
        ],
        limit: readLimit(call.args),
        rows: incidents.map(({ id, severity, state, occurrences, subjects, openedAt, reason }) => ({
          id,
          severity,
          state,
          occurrences,
          subjects: subjects.count,
          opened: new Date(openedAt).toISOString(),
          code: reason.code,
          message: messageOf(reason.message, subjects),
        })),
        empty: 'No open incidents.',
      })
    })
  },
})

interface ListFlags {
  readonly all: boolean
  readonly kind: string | undefined
  readonly pipeline: string | undefined
  readonly location: string | undefined
  readonly stream: string | undefined
}

function filterOf({ all, kind, pipeline, location: shard, stream }: ListFlags): IncidentFilter {
  return {
    ...(!all && { states: UNRESOLVED }),
    ...(kind !== undefined && { kind }),
    ...(pipeline !== undefined && { pipeline }),
    ...(shard !== undefined && { shard }),
    ...(stream !== undefined && { stream }),
  }
}

/** Text of the newest report, and the other subjects of the same cause. */
function messageOf(message: string, { count, first }: Incident['subjects']): string {
  if (count < 2) return message
  const more = count > first.length ? ` and ${count - first.length} more` : ''
  return `${message} (${count} in all: ${first.join(', ')}${more})`
}

/** Flags that name incidents: one by its id, or all that a filter finds. */
const WHICH = {
  id: { type: 'positional', required: false, description: 'Id of an incident.' },
  code: { type: 'string', valueHint: 'CODE', description: 'All unresolved ones with this error code.' },
  location: { type: 'string', valueHint: 'ID', description: 'All unresolved ones of this location.' },
  check: { type: 'string', valueHint: 'NAME', description: 'All unresolved ones of this check.' },
} as const satisfies Args

const ack = command({
  name: 'incidents ack',
  description: 'Say that a person works on incidents.',
  args: WHICH,
  run: (call) => setStates(call, call.args, { state: 'acknowledged' }),
})

const snooze = command({
  name: 'incidents snooze',
  description: 'Keep incidents quiet for some hours.',
  args: {
    ...WHICH,
    hours: { type: 'string', default: '24', valueHint: 'N', description: 'Hours until they open again.' },
  },
  async run(call) {
    const hours = readCount('--hours', call.args.hours, { min: 1, max: 720 })
    await setStates(call, call.args, { state: 'snoozed', until: call.context.clock.now() + hours * 3_600_000 })
  },
})

const resolve = command({
  name: 'incidents resolve',
  description: 'Close incidents whose cause is settled. The next report of a cause opens a new one.',
  args: WHICH,
  examples: ['daybreak incidents resolve --code DRIFT_NEW_COLUMN', 'daybreak incidents resolve --location 185001'],
  run: (call) => setStates(call, call.args, { state: 'resolved' }),
})

/** Open problems. */
export const incidents = group({
  name: 'incidents',
  description: 'Look at open problems; acknowledge, snooze or resolve them.',
  commands: { list: async () => list, ack: async () => ack, snooze: async () => snooze, resolve: async () => resolve },
})

interface Which {
  readonly id: string | undefined
  readonly code: string | undefined
  readonly location: string | undefined
  readonly check: string | undefined
}

interface Target {
  readonly state: IncidentState
  readonly until?: number
}

/** Changes all incidents or none, each with its line in the audit. */
async function setStates(
  call: Pick<Call, 'options' | 'context' | 'output'>,
  which: Which,
  target: Target,
): Promise<void> {
  await withDaybreak(call, async ({ ports: { ledger } }) => {
    const found = await findIncidents(which, ledger)
    const at = call.context.clock.now()
    const actor = actorOf(call.context)
    const changes = found.flatMap(({ id, key }): readonly Change[] => [
      { change: 'incident_state', id, at, ...target },
      { change: 'audit', entry: { at, actor, action: `incident.${target.state}`, subject: id, details: key } },
    ])
    await ledger.apply(changes)
    await call.output.rows({
      columns: ['id', 'state', 'code', 'message'],
      rows: found.map(({ id, reason }) => ({ id, state: target.state, code: reason.code, message: reason.message })),
    })
  })
}

const UNRESOLVED: readonly IncidentState[] = ['open', 'acknowledged', 'snoozed']

/** @throws {DaybreakError} USAGE_INVALID without anything that names incidents, NOT_FOUND. */
async function findIncidents(
  { id, code, location, check }: Which,
  ledger: Pick<Ports['ledger'], 'incidents'>,
): Promise<readonly Incident[]> {
  const filters = [id, code, location, check].filter((each) => each !== undefined)
  if (filters.length === 0)
    throw new DaybreakError('USAGE_INVALID', 'name an incident by its id, or some by --code, --location or --check')
  const all = await ledger.incidents({ states: UNRESOLVED })
  const found = all.filter(
    (one) =>
      (id === undefined || one.id === id) &&
      (code === undefined || one.reason.code === code) &&
      (location === undefined || one.shard === location) &&
      (check === undefined || one.key.endsWith(`/${check}`)),
  )
  if (found.length > 0) return found
  throw new DaybreakError('NOT_FOUND', 'no unresolved incident matches', {
    details: { next: 'daybreak incidents list' },
  })
}
