import { Temporal } from 'temporal-polyfill'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { type Rotation, shiftsIn } from '../../functions/notify/rotation.ts'
import { command, group } from '../command.ts'
import { readCount } from '../values.ts'

const DAY = 86_400_000

const list = command({
  name: 'on-call list',
  description: 'Show who is on call now, and the shifts after that, in the zone of each rotation.',
  args: {
    rotation: { type: 'positional', required: false, description: 'A rotation of config/notify.yaml; all if absent.' },
    days: { type: 'string', default: '14', valueHint: 'N', description: 'Days to look ahead.' },
  },
  examples: ['daybreak on-call list', 'daybreak on-call list primary --days 60'],
  async run({ args, options, context, output }) {
    const days = readCount('--days', args.days, { min: 1, max: 400 })
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const people = project.notify?.people ?? {}
    const from = context.clock.now()
    await output.rows({
      columns: ['rotation', 'person', 'name', 'from', 'until', 'swapped'],
      rows: rotationsOf(project.notify?.rotations ?? {}, args.rotation).flatMap((rotation) =>
        shiftsIn(rotation, [], { from, until: from + days * DAY }).map((shift) => ({
          rotation: rotation.name,
          person: shift.person,
          name: people[shift.person]?.name ?? shift.person,
          from: localTime(shift.from, rotation.config.zone),
          until: localTime(shift.until, rotation.config.zone),
          swapped: shift.isOverride,
        })),
      ),
      empty: 'No rotation is configured. Add one to config/notify.yaml.',
    })
  },
})

/** Persons on call, by rotation. */
export const onCallGroup = group({
  name: 'on-call',
  description: 'See who is on call.',
  commands: { list: async () => list },
})

/** The rotations, or the one that is named. @throws {DaybreakError} USAGE_INVALID. */
function rotationsOf(
  configs: Readonly<Record<string, Rotation['config']>>,
  name: string | undefined,
): readonly Rotation[] {
  const all = Object.entries(configs).map(([each, config]) => ({ name: each, config }))
  const chosen = all.filter((rotation) => name === undefined || rotation.name === name)
  if (name === undefined || chosen.length > 0) return chosen
  const names = all.map((rotation) => rotation.name)
  const message = `there is no rotation "${name}" in config/notify.yaml.${didYouMean(name, names)}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak on-call list' } })
}

/** `2026-11-30 09:00 -05:00`. */
function localTime(at: number, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
  return `${local.toPlainDate()} ${local.toPlainTime().toString().slice(0, 5)} ${local.offset}`
}
