import { z } from 'zod'
import type { Cut, Unit } from '../lib/window-unit.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import { Duration } from './scalars.ts'

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as `06:00`')
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
const LENGTHS = ['hourly', 'daily', 'weekly', 'monthly'] as const

/** Settings of each length of windows where the schedule does not say them. */
const USUAL: Readonly<Record<Unit, Record<'sweepEvery' | 'lateAfter' | 'lookBack', string>>> = {
  hour: { sweepEvery: '5m', lateAfter: '1h', lookBack: '2d' },
  day: { sweepEvery: '1h', lateAfter: '6h', lookBack: '7d' },
  week: { sweepEvery: '6h', lateAfter: '1d', lookBack: '35d' },
  month: { sweepEvery: '6h', lateAfter: '2d', lookBack: '93d' },
}

/** When the files of a pipeline that has a path are looked for, and how long its windows are. */
export const FilesSchedule = yamlObject({
  hourly: Duration.optional().describe(
    'Windows are hours; their files are first looked for so long after the end, e.g. `10m`.',
  ),
  daily: TimeOfDay.optional().describe(
    'Windows are days; their files are first looked for at this time of the next day. `06:00` where no length is named.',
  ),
  weekly: TimeOfDay.optional().describe('Windows are weeks; the time of the first day of the next week.'),
  monthly: TimeOfDay.optional().describe('Windows are months; the time of the first day of the next month.'),
  week_starts: z.enum(WEEKDAYS).default('monday').describe('First day of a week, by which the week is named.'),
  time_zone: z.string().min(1).default('UTC').describe('IANA name of the zone of these times and of the windows.'),
  sweep_every: Duration.optional().describe(
    'Files that are absent are looked for again so often. Default: 5m of hours, 1h of days, else 6h.',
  ),
  late_after: Duration.optional().describe(
    'After the first look; files that are absent then are missing, and files that still change are read as they are. Default: 1h of hours, 6h of days, 1d of weeks, 2d of months.',
  ),
  look_back: Duration.optional().describe(
    'Windows within it are listed again every day for corrections. Default: 2d of hours, 7d of days, 35d of weeks, 93d of months.',
  ),
  retention: Duration.optional().describe(
    'How long the source keeps the files of a window, e.g. `31d`. It deletes none unless told.',
  ),
})
  .superRefine((schedule, context) => {
    const named = LENGTHS.filter((length) => schedule[length] !== undefined)
    for (const length of named.slice(1))
      context.addIssue({
        code: 'custom',
        path: [length],
        message: `\`${named[0]}\` says already how long a window is; expected one of ${LENGTHS.join(', ')}`,
      })
  })
  .transform(({ hourly, daily = '06:00', weekly, monthly, weekStarts, timeZone, ...own }) => {
    const unit: Unit =
      hourly !== undefined ? 'hour' : weekly !== undefined ? 'week' : monthly !== undefined ? 'month' : 'day'
    const usual = USUAL[unit]
    const cut: Cut = { unit, weekStarts: WEEKDAYS.indexOf(weekStarts) + 1 }
    return {
      ...{ timeZone, cut },
      // Hours have no time of day: the look-back is listed again after midnight.
      at: hourly === undefined ? (weekly ?? monthly ?? daily) : '00:00',
      after: hourly ?? '0s',
      sweepEvery: own.sweepEvery ?? usual.sweepEvery,
      lateAfter: own.lateAfter ?? usual.lateAfter,
      lookBack: own.lookBack ?? usual.lookBack,
      retention: own.retention ?? null,
    }
  })
/** Schedule of a pipeline of files. */
export type FilesSchedule = z.infer<typeof FilesSchedule>
