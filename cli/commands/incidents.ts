import { DaybreakError } from '../../functions/errors.ts'
import type { IncidentState } from '../../functions/pipeline/model.ts'
import { type Call, command, group } from '../command.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { withDaybreak } from '../open.ts'
import { readCount } from '../values.ts'

const list = command({
  name: 'incidents list',
  description: 'List open problems, one per cause.',
  args: { all: { type: 'boolean', description: 'Resolved ones, too.' }, ...LIMIT_ARG },
  async run(call) {
    const states: readonly IncidentState[] = ['open', 'acknowledged', 'snoozed']
    await withDaybreak(call, async ({ ports }) => {
      const incidents = await ports.ledger.incidents(call.args.all ? {} : { states })
      await call.output.rows({
        columns: [
          'id',
          { key: 'severity', tone: (value) => (value === 'error' ? 'bad' : 'warn') },
          'state',
          'occurrences',
          'opened',
          'code',
          'message',
        ],
        limit: readLimit(call.args),
        rows: incidents.map(({ id, severity, state, occurrences, openedAt, reason }) => ({
          id,
          severity,
          state,
          occurrences,
          opened: new Date(openedAt).toISOString(),
          code: reason.code,
          message: reason.message,
        })),
        empty: 'No open incidents.',
      })
    })
  },
})

const ack = command({
  name: 'incidents ack',
  description: 'Say that somebody is at it.',
  args: { id: { type: 'positional', description: 'Id of an incident.' } },
  run: (call) => setState(call, call.args.id, 'acknowledged'),
})

const snooze = command({
  name: 'incidents snooze',
  description: 'Be quiet about an incident for some hours.',
  args: {
    id: { type: 'positional', description: 'Id of an incident.' },
    hours: { type: 'string', default: '24', valueHint: 'N', description: 'For so long.' },
  },
  async run(call) {
    const hours = readCount('--hours', call.args.hours, { min: 1, max: 720 })
    await setState(call, call.args.id, 'snoozed', call.context.clock.now() + hours * 3_600_000)
  },
})

/** Open problems. */
export const incidents = group({
  name: 'incidents',
  description: 'Look at open problems, acknowledge or snooze them.',
  commands: { list: async () => list, ack: async () => ack, snooze: async () => snooze },
})

async function setState(
  call: Pick<Call, 'options' | 'context' | 'output'>,
  id: string,
  state: IncidentState,
  until?: number,
): Promise<void> {
  await withDaybreak(call, async ({ ports: { ledger } }) => {
    const known = await ledger.incidents({})
    if (!known.some((incident) => incident.id === id))
      throw new DaybreakError('NOT_FOUND', `there is no incident ${JSON.stringify(id)}`)
    const at = call.context.clock.now()
    await ledger.apply([
      { change: 'incident_state', id, state, at, ...(until !== undefined && { until }) },
      {
        change: 'audit',
        entry: { at, actor: call.context.env.USER ?? 'unknown', action: `incident.${state}`, subject: id, details: '' },
      },
    ])
    await call.output.record({ id, state })
  })
}
