import type { ApiClient, ApiInput } from '../../functions/api/contract/client.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { INCIDENT_KINDS } from '../../functions/pipeline/incident-cause.ts'
import { UNRESOLVED } from '../../functions/pipeline/views/incidents.ts'
import { toIncidentRow } from '../answer-rows.ts'
import { eachPage, type Item, isoText, withApi } from '../api.ts'
import type { Args } from '../args.ts'
import { type Call, command, group } from '../command.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { REASON_ARG } from '../reason.ts'
import { shardFlags } from '../slice-words.ts'
import { readCount } from '../values.ts'

const list = command({
  name: 'incidents list',
  remote: 'served',
  description: 'List open problems, one per cause. Checks that fail for a faulty file of the same day are its members.',
  args: {
    all: { type: 'boolean', description: 'Resolved ones, too.' },
    members: { type: 'boolean', description: 'Also incidents that another one stands for, each below it.' },
    kind: { type: 'enum', options: [...INCIDENT_KINDS], description: 'Those of one kind of cause, e.g. missing.' },
    pipeline: { type: 'string', valueHint: 'NAME', description: 'Those of one pipeline.' },
    location: {
      type: 'string',
      alias: 'shard',
      valueHint: 'ID',
      description: 'Those of one shard.',
    },
    stream: { type: 'string', valueHint: 'NAME', description: 'Those of one stream.' },
    ...LIMIT_ARG,
  },
  examples: ['daybreak incidents list --location 185001', 'daybreak incidents list --kind missing'],
  async run(call) {
    const { members, kind, location, stream } = call.args
    await withApi(call, async (api) => {
      const isNarrowed = [kind, location, stream].some((value) => value !== undefined)
      const incidents = await askIncidents(queryOf(call.args, members || isNarrowed), api)
      await call.output.rows({
        columns: [
          'id',
          { key: 'severity', tone: (value) => (value === 'error' ? 'bad' : 'warn') },
          'state',
          'occurrences',
          'subjects',
          'members',
          'opened',
          'code',
          'message',
        ],
        limit: readLimit(call.args),
        rows: belowRoots(incidents).map(toIncidentRow),
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

type Query = NonNullable<ApiInput<'GET /api/incidents'>['query']>
type Incident = Item<'GET /api/incidents', 'incidents'>

function queryOf({ all, kind, pipeline, location: shard, stream }: ListFlags, members: boolean): Query {
  return {
    members,
    state: all ? [...UNRESOLVED, 'resolved'] : [...UNRESOLVED],
    ...(kind !== undefined && { kind }),
    ...(pipeline !== undefined && { pipeline }),
    ...(shard !== undefined && { shard }),
    ...(stream !== undefined && { stream }),
  }
}

/** Each root, then its members. A member whose root is not listed stands for itself. */
function belowRoots(incidents: readonly Incident[]): readonly Incident[] {
  const ids = new Set(incidents.map(({ id }) => id))
  const members = Map.groupBy(incidents, ({ root }) => (root !== null && ids.has(root) ? root : null))
  return (members.get(null) ?? []).flatMap((root) => [root, ...(members.get(root.id) ?? [])])
}

async function askIncidents(query: Query, api: ApiClient): Promise<readonly Incident[]> {
  const pages = await Array.fromAsync(eachPage((page) => api('GET /api/incidents', { query: { ...query, ...page } })))
  return pages.flatMap(({ incidents }) => incidents)
}

/** Flags that name incidents: one by its id, or all that a filter finds. */
const WHICH = {
  id: { type: 'positional', required: false, description: 'Id of an incident.' },
  code: { type: 'string', valueHint: 'CODE', description: 'All unresolved ones with this error code.' },
  location: {
    type: 'string',
    alias: 'shard',
    valueHint: 'ID',
    description: 'All unresolved ones of this shard.',
  },
  check: { type: 'string', valueHint: 'NAME', description: 'All unresolved ones of this check.' },
} as const satisfies Args

const NOTE = {
  note: { type: 'string', valueHint: 'TEXT', description: 'Words for the timeline.' },
} as const satisfies Args

const ack = command({
  name: 'incidents ack',
  remote: 'served',
  description: 'Say that you work on incidents. The timeline names you.',
  args: { ...WHICH, ...NOTE },
  run: (call) =>
    change(call, (id, api) => api('POST /api/incidents/{id}:ack', { path: { id }, body: noteOf(call.args) })),
})

const snooze = command({
  name: 'incidents snooze',
  remote: 'served',
  description: 'Keep incidents quiet for some hours.',
  args: {
    ...WHICH,
    ...NOTE,
    hours: { type: 'string', default: '24', valueHint: 'N', description: 'Hours until they open again.' },
  },
  async run(call) {
    const hours = readCount('--hours', call.args.hours, { min: 1, max: 720 })
    await change(call, (id, api) =>
      api('POST /api/incidents/{id}:snooze', { path: { id }, body: { hours, ...noteOf(call.args) } }),
    )
  },
})

const resolve = command({
  name: 'incidents resolve',
  remote: 'served',
  description: 'Close incidents whose cause is settled. The next report of a cause opens a new one.',
  args: { ...WHICH, ...REASON_ARG },
  examples: ['daybreak incidents resolve --code DRIFT_NEW_COLUMN', 'daybreak incidents resolve --location 185001'],
  run: (call) =>
    change(
      call,
      (id, api) => api('POST /api/incidents/{id}:resolve', { path: { id }, body: { reason: call.args.reason } }),
      withoutMembers,
    ),
})

const assign = command({
  name: 'incidents assign',
  remote: 'served',
  description: 'Give incidents to a person.',
  args: { ...WHICH, to: { type: 'string', required: true, valueHint: 'NAME', description: 'Person, or `none`.' } },
  examples: ['daybreak incidents assign --code FILE_HELD --to ana@example.com'],
  run: (call) => {
    const assignee = call.args.to === 'none' ? null : call.args.to
    return change(call, (id, api) => api('POST /api/incidents/{id}:assign', { path: { id }, body: { assignee } }))
  },
})

const show = command({
  name: 'incidents show',
  remote: 'served',
  description: 'Show an incident with its timeline: what happened, and who did what.',
  args: { id: { type: 'positional', description: 'Id of an incident.' } },
  examples: ['daybreak incidents show ID'],
  async run(call) {
    await withApi(call, async (api) => {
      const incident = await api('GET /api/incidents/{id}', { path: call.args })
      const row = toIncidentRow({ ...incident, members: incident.members.length })
      const timeline = incident.timeline.map(({ at, ...event }) => ({ at: isoText(at), ...event }))
      const more = { assignee: incident.assignee, members: incident.members.length }
      if (call.output.format !== 'table') return await call.output.record({ ...row, ...more, timeline })
      await call.output.record({ ...row, ...more })
      await call.output.text('')
      await call.output.rows({ columns: ['at', 'actor', 'kind', 'text'], rows: timeline })
    })
  },
})

/** Open problems. */
export const incidents = group({
  name: 'incidents',
  description: 'Look at open problems; acknowledge, assign, snooze or resolve them.',
  commands: {
    list: async () => list,
    show: async () => show,
    ack: async () => ack,
    assign: async () => assign,
    snooze: async () => snooze,
    resolve: async () => resolve,
  },
})

interface Which {
  readonly id: string | undefined
  readonly code: string | undefined
  readonly location: string | undefined
  readonly check: string | undefined
}

type Act = (id: string, api: ApiClient) => Promise<Incident>

/** Changes the incidents that the flags name, one after the other, and prints what they are now. */
async function change(
  { args, output, ...call }: Call<Which>,
  act: Act,
  choose: (found: readonly Incident[]) => readonly Incident[] = (found) => found,
): Promise<void> {
  await withApi(call, async (api) => {
    const changed: Incident[] = []
    for (const { id } of choose(await named(args, api))) changed.push(await act(id, api))
    await output.rows({
      columns: ['id', 'state', 'code', 'message'],
      rows: changed.map(({ id, state, reason }) => ({ id, state, code: reason.code, message: reason.message })),
    })
  })
}

/** Members end with their root, so they are left out where it is named too. */
function withoutMembers(found: readonly Incident[]): readonly Incident[] {
  const ids = new Set(found.map(({ id }) => id))
  return found.filter(({ root }) => root === null || !ids.has(root))
}

/** @throws {DaybreakError} USAGE_INVALID without a flag that names incidents, NOT_FOUND. */
async function named({ id, code, location: shard, check }: Which, api: ApiClient): Promise<readonly Incident[]> {
  if ([id, code, shard, check].every((each) => each === undefined)) throw await nothingNamed(api)
  const query = { members: true, ...(code !== undefined && { code }), ...(shard !== undefined && { shard }) }
  const found = (await askIncidents(query, api)).filter(
    (one) =>
      (id === undefined || one.id === id) &&
      (shard === undefined || one.shard === shard) &&
      (check === undefined || one.key.endsWith(`/${check}`)),
  )
  if (found.length > 0) return found
  throw new DaybreakError('NOT_FOUND', 'no unresolved incident matches', {
    details: { next: 'daybreak incidents list' },
  })
}

async function nothingNamed(api: ApiClient): Promise<DaybreakError> {
  const { pipelines } = await api('GET /api/pipelines')
  const flags = ['--code', ...shardFlags(pipelines.map(({ words }) => words))].join(', ')
  return new DaybreakError('USAGE_INVALID', `name an incident by its id, or some by ${flags} or --check`)
}

function noteOf({ note }: { readonly note: string | undefined }): { readonly note?: string } {
  return note === undefined ? {} : { note }
}
