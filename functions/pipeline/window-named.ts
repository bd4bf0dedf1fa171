import { fromFolderName } from '../lib/business-date.ts'
import { weekBegins } from '../lib/window-parts.ts'
import { type Cut, dayOfWindow, isHour, isShown, type Unit, windowHolding } from '../lib/window-unit.ts'
import { cutOf, type PipelineDefinition } from './definition.ts'
import type { BusinessDate } from './entities.ts'

/** The window that a text names, or why it names none. */
type Named = { readonly window: BusinessDate } | { readonly problem: string }

const FORMS: Readonly<Record<Unit, string>> = {
  hour: 'an hour as YYYY-MM-DDTHH, e.g. 2026-11-20T09',
  day: 'a day of the calendar as YYYY-MM-DD, e.g. 2026-11-20',
  week: 'the first day of a week as YYYY-MM-DD, or an ISO week, e.g. 2026-W47',
  month: 'a month as YYYY-MM, e.g. 2026-11, or its first day',
}

/** Pure: the window of a pipeline that a person names: 2026-03-01, 2026-03-01T05, 2026-W09 or 2026-03. */
export function windowNamed(text: string, definition: Pick<PipelineDefinition, 'config'>): Named {
  const cut = cutOf(definition)
  const window = readName(text, cut)
  if (window === null || fromFolderName(dayOfWindow(window).replaceAll('-', '')) === null)
    return { problem: `expected ${FORMS[cut.unit]}` }
  const { config } = definition
  if (config.kind === 'files' && !isShown(window, config.schedule.timeZone))
    return { problem: `expected an hour that the clocks of ${config.schedule.timeZone} show` }
  const holding = windowHolding(window, cut)
  return holding === window
    ? { window }
    : { problem: `expected ${FORMS[cut.unit]}; that day is in the window ${holding}` }
}

function readName(text: string, { unit, weekStarts }: Cut): BusinessDate | null {
  if (unit === 'month' && /^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return `${text}-01`
  if (unit === 'week' && weekStarts === 1 && /^\d{4}-W\d{2}$/.test(text)) return weekBegins(text)
  if (unit === 'hour') return isHour(text) ? text : null
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null
}
