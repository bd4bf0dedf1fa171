import { Temporal } from 'temporal-polyfill'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { type Item, isoText, withApi } from '../api.ts'
import { command, group } from '../command.ts'
import { readCount } from '../values.ts'

type Rotation = Item<'GET /api/on-call', 'rotations'>

const list = command({
  name: 'on-call list',
  remote: 'served',
  description: 'Show who is on call now, and the shifts after that, in the zone of each rotation; swapped ones say so.',
  args: {
    rotation: { type: 'positional', required: false, description: 'A rotation of config/notify.yaml; all if absent.' },
    days: { type: 'string', default: '14', valueHint: 'N', description: 'Days to look ahead.' },
  },
  examples: ['daybreak on-call list', 'daybreak on-call list primary --days 60'],
  async run(call) {
    const { args, output } = call
    const days = readCount('--days', args.days, { min: 1, max: 400 })
    await withApi(call, async (api) => {
      const { rotations } = await api('GET /api/on-call', { query: { days } })
      await output.rows({
        columns: ['rotation', 'person', 'name', 'from', 'until', 'swapped'],
        rows: chosen(rotations, args.rotation).flatMap(({ rotation, timeZone, shifts }) =>
          shifts.map(({ person, name, from, to, isOverride }) => ({
            ...{ rotation, person, name },
            from: localTime(from, timeZone),
            until: localTime(to, timeZone),
            swapped: isOverride,
          })),
        ),
        empty: 'No rotation is configured. Add one to config/notify.yaml.',
      })
    })
  },
})

const swap = command({
  name: 'on-call swap',
  remote: 'served',
  description: 'Give a part of a rotation to another person. The audit names you.',
  args: {
    person: { type: 'positional', description: 'Person of config/notify.yaml who takes over.' },
    rotation: { type: 'string', valueHint: 'NAME', description: 'Rotation; the only one if absent.' },
    from: { type: 'string', required: true, valueHint: 'TIME', description: 'Beginning, e.g. `2026-12-01T18:00`.' },
    until: { type: 'string', required: true, valueHint: 'TIME', description: 'End, in the zone of the rotation.' },
  },
  examples: ['daybreak on-call swap ben --from 2026-12-01T18:00 --until 2026-12-02T09:00'],
  async run(call) {
    const { args, output } = call
    await withApi(call, async (api) => {
      const { rotation, timeZone } = await rotationOf(args.rotation, api)
      const from = readTime('--from', args.from, timeZone)
      const to = readTime('--until', args.until, timeZone)
      const body = { rotation, person: args.person, from, to }
      const { id } = await api('POST /api/on-call/overrides', { body })
      const told = { from: localTime(from, timeZone), until: localTime(to, timeZone) }
      await output.record({ id, rotation, person: args.person, ...told })
    })
  },
})

/** Persons on call, by rotation. */
export const onCallGroup = group({
  name: 'on-call',
  description: 'See who is on call, and swap shifts.',
  commands: { list: async () => list, swap: async () => swap },
})

async function rotationOf(name: string | undefined, api: ApiClient): Promise<Rotation> {
  const { rotations } = await api('GET /api/on-call')
  const [only, ...others] = chosen(rotations, name)
  if (only && others.length === 0) return only
  const names = rotations.map(({ rotation }) => rotation).join(', ')
  const message = only ? `there are several rotations; name one by --rotation: ${names}` : 'no rotation is configured'
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak on-call list' } })
}

/** The rotations, or the one that is named. @throws {DaybreakError} USAGE_INVALID. */
function chosen(all: readonly Rotation[], name: string | undefined): readonly Rotation[] {
  const found = all.filter(({ rotation }) => name === undefined || rotation === name)
  if (name === undefined || found.length > 0) return found
  const names = all.map(({ rotation }) => rotation)
  const message = `there is no rotation "${name}" in config/notify.yaml.${didYouMean(name, names)}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak on-call list' } })
}

/** A time of the wall clock in a zone, or an instant with its offset. @throws {DaybreakError} USAGE_INVALID naming the flag. */
function readTime(flag: string, text: string, zone: string): string {
  try {
    if (/(Z|[+-]\d\d:\d\d)$/i.test(text)) return isoText(Temporal.Instant.from(text).toString())
    const local = Temporal.PlainDateTime.from(text).toZonedDateTime(zone, { disambiguation: 'reject' })
    return isoText(local.toInstant().toString())
  } catch {
    const message = `${flag} is "${text}"; expected a time that the clocks of ${zone} show once, as 2026-12-01T18:00`
    throw new DaybreakError('USAGE_INVALID', message)
  }
}

/** `2026-11-30 09:00 -05:00`. */
function localTime(at: string, zone: string): string {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO(zone)
  return `${local.toPlainDate()} ${local.toPlainTime().toString().slice(0, 5)} ${local.offset}`
}
