import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { INCIDENT_KINDS } from '../../functions/pipeline/incident-cause.ts'
import type { IncidentFilter, Ports } from '../../functions/pipeline/ports.ts'
import { findIncidents, incidentRow, UNRESOLVED } from '../../functions/pipeline/views/incidents.ts'
import { type IncidentTarget, setIncidentStates } from '../../functions/pipeline/work/incident-states.ts'
import { actorOf } from '../actor.ts'
import type { Args } from '../args.ts'
import { type Call, command, group } from '../command.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { withDaybreak } from '../open.ts'
import { shardFlags } from '../slice-words.ts'
import { readCount } from '../values.ts'

const list = command({
  name: 'incidents list',
  description: 'List open problems, one per cause.',
  args: {
    all: { type: 'boolean', description: 'Resolved ones, too.' },
    kind: { type: 'enum', options: [...INCIDENT_KINDS], description: 'Those of one kind of cause, e.g. missing.' },
    pipeline: { type: 'string', valueHint: 'NAME', description: 'Those of one pipeline.' },
    location: {
      type: 'string',
      alias: 'shard',
      valueHint: 'ID',
      description: 'Those of one location, or shard of another pipeline.',
    },
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
        rows: incidents.map((incident) => ({ ...incidentRow(incident) })),
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

/** Flags that name incidents: one by its id, or all that a filter finds. */
const WHICH = {
  id: { type: 'positional', required: false, description: 'Id of an incident.' },
  code: { type: 'string', valueHint: 'CODE', description: 'All unresolved ones with this error code.' },
  location: {
    type: 'string',
    alias: 'shard',
    valueHint: 'ID',
    description: 'All unresolved ones of this location, or shard of another pipeline.',
  },
  check: { type: 'string', valueHint: 'NAME', description: 'All unresolved ones of this check.' },
} as const satisfies Args

const ack = command({
  name: 'incidents ack',
  description: 'Say that a person works on incidents.',
  args: WHICH,
  run: (call) => change(call, call.args, { state: 'acknowledged' }),
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
    await change(call, call.args, { state: 'snoozed', until: call.context.clock.now() + hours * 3_600_000 })
  },
})

const resolve = command({
  name: 'incidents resolve',
  description: 'Close incidents whose cause is settled. The next report of a cause opens a new one.',
  args: WHICH,
  examples: ['daybreak incidents resolve --code DRIFT_NEW_COLUMN', 'daybreak incidents resolve --location 185001'],
  run: (call) => change(call, call.args, { state: 'resolved' }),
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

type Asked = Pick<IncidentTarget, 'state' | 'until'>

/** Changes the incidents that the flags name, and prints what they are now. */
async function change(call: Pick<Call, 'options' | 'context' | 'output'>, which: Which, asked: Asked): Promise<void> {
  await withDaybreak(call, async ({ definitions, ports }) => {
    const { id, code, location: shard, check } = which
    const filter = { id, code, shard, check }
    if (Object.values(filter).every((each) => each === undefined)) throw nothingNamed(definitions)
    const found = await named(filter, ports.ledger)
    await setIncidentStates(found, { ...asked, by: actorOf(call.context) }, ports)
    await call.output.rows({
      columns: ['id', 'state', 'code', 'message'],
      rows: found.map(({ id, reason }) => ({ id, state: asked.state, code: reason.code, message: reason.message })),
    })
  })
}

function nothingNamed(definitions: Daybreak['definitions']): DaybreakError {
  const flags = ['--code', ...shardFlags(definitions.values())].join(', ')
  return new DaybreakError('USAGE_INVALID', `name an incident by its id, or some by ${flags} or --check`)
}

/** @throws {DaybreakError} NOT_FOUND */
async function named(filter: Parameters<typeof findIncidents>[0], ledger: Pick<Ports['ledger'], 'incidents'>) {
  const found = await findIncidents(filter, ledger)
  if (found.length > 0) return found
  throw new DaybreakError('NOT_FOUND', 'no unresolved incident matches', {
    details: { next: 'daybreak incidents list' },
  })
}
