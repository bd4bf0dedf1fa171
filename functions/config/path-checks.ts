import type { Contract } from '../contract/contract.ts'
import type { Issue } from '../contract/issue.ts'
import { saysWindow } from '../lib/window-parts.ts'
import type { Unit } from '../lib/window-unit.ts'
import type { FilesPipeline } from './config.ts'

/** Placeholders of a path that say a window of each length. */
const SAYS_WINDOW: Readonly<Record<Unit, string>> = {
  hour: '`{window}`, or `{yyyymmdd}` and `{hh}`',
  day: '`{window}` or `{yyyymmdd}`',
  week: '`{window}`, `{yyyymmdd}` or `{week}`',
  month: '`{window}`, or `{yyyy}` and `{mm}`',
}

/** The path says which window a file is of. ISO weeks begin on Monday. */
export function pathIssues({ path, schedule: { cut } }: FilesPipeline): readonly Issue[] {
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, part = '']) => part)
  if (!saysWindow(parts, cut.unit))
    return [
      {
        path: ['path'],
        message: `"${path}" does not say which ${cut.unit} a file is of; expected ${SAYS_WINDOW[cut.unit]}`,
      },
    ]
  if (!parts.includes('week') || cut.weekStarts === 1) return []
  return [{ path: ['schedule', 'week_starts'], message: '`{week}` of the path is an ISO week, which begins on Monday' }]
}

/** Rows of hours carry a datetime, those of other windows a date. Rejects name the window in the same way, so each contract says it. */
export function hourIssues({ carries = {} }: Contract, { schedule: { cut } }: FilesPipeline): readonly Issue[] {
  const isHourly = cut.unit === 'hour'
  if (isHourly === (carries.hour !== undefined)) return []
  return isHourly
    ? [
        {
          path: ['carries'],
          message: 'the windows of the pipeline are hours; expected `hour`, the datetime column that names one',
        },
      ]
    : [
        {
          path: ['carries', 'hour'],
          message: `a window of the pipeline is a ${cut.unit}; expected \`window\`, a date column`,
        },
      ]
}
