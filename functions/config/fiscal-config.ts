import { z } from 'zod'
import { addDays, addYears, daysFrom, isoWeekday } from '../lib/business-date.ts'
import { yamlObject } from '../lib/yaml-object.ts'

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

/** Most fiscal years: their days are one table, and it is built entirely. */
const MOST_YEARS = 100
/** Most days between the first day of a year and the anniversary of the first day of all. */
const MOST_DRIFT = 7

const base = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  calendar: z
    .enum(['4-4-5', '4-5-4', '5-4-4', 'months'])
    .describe('Weeks of the three periods of each quarter; `months` where a period is a calendar month.'),
  first_year: z.int().min(1900).max(2200).describe('Number of the first fiscal year.'),
  first_day: z.iso.date().describe('First day of that year. Each other year begins where the one before it ends.'),
  last_year: z.int().min(1900).max(2299).describe('Number of the last fiscal year. Later days have no fiscal week.'),
  long_years: z
    .array(z.int())
    .default([])
    .describe('Years of 53 weeks. The last week belongs to the last period. None where a period is a calendar month.'),
  week_starts: z.enum(WEEKDAYS).default('monday').describe('Weekday on which weeks begin.'),
})

/** File config/fiscal.yaml. */
export const FiscalConfig = base.superRefine((config, context) => {
  for (const { path, message } of issuesOf(config)) context.addIssue({ code: 'custom', path: [...path], message })
})
/** File config/fiscal.yaml. */
export type FiscalConfig = z.infer<typeof FiscalConfig>

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function issuesOf(config: FiscalConfig): readonly Issue[] {
  const { calendar, firstYear, firstDay, lastYear, longYears, weekStarts } = config
  if (lastYear < firstYear || lastYear >= firstYear + MOST_YEARS) {
    const message = `expected ${firstYear} to ${firstYear + MOST_YEARS - 1}: from 1 to ${MOST_YEARS} years`
    return [{ path: ['last_year'], message }]
  }
  const begins = WEEKDAYS[isoWeekday(firstDay) - 1]
  const issues = longYears.flatMap((year, at) => longYearIssues(config, { year, at }))
  if (calendar === 'months' && !firstDay.endsWith('-01'))
    issues.push({ path: ['first_day'], message: 'expected the first day of a month, because periods are months' })
  if (calendar !== 'months' && begins !== weekStarts) {
    const message = `this is a ${begins}, and weeks begin on ${weekStarts}; change one of the two`
    issues.push({ path: ['first_day'], message })
  }
  return issues.length > 0 ? issues : driftIssues(config)
}

function longYearIssues(
  { calendar, firstYear, lastYear, longYears }: FiscalConfig,
  { year, at }: { readonly year: number; readonly at: number },
): Issue[] {
  const path = ['long_years', at]
  if (calendar === 'months') return [{ path, message: 'a year of months has no 53rd week; leave `long_years` out' }]
  if (year < firstYear || year > lastYear)
    return [{ path, message: `expected a year from ${firstYear} to ${lastYear}` }]
  return longYears.indexOf(year) === at ? [] : [{ path, message: 'this year stands twice' }]
}

/** Without years of 53 weeks, each year begins a day or two earlier than the one before it. */
function driftIssues(config: FiscalConfig): readonly Issue[] {
  if (config.calendar === 'months') return []
  for (const { year, firstDay } of yearsOf(config)) {
    const days = daysFrom(addYears(config.firstDay, year - config.firstYear), firstDay)
    if (Math.abs(days) <= MOST_DRIFT) continue
    const [side, problem] =
      days < 0 ? ['before', 'a year of 53 weeks is missing before it'] : ['after', 'a year before it should have 52']
    const message = `the year ${year} would begin on ${firstDay}, ${Math.abs(days)} days ${side} the anniversary of ${config.firstDay}: ${problem}`
    return [{ path: ['long_years'], message }]
  }
  return []
}

interface FiscalYear {
  readonly year: number
  readonly firstDay: string
  /** Null where periods are months. */
  readonly weeks: 52 | 53 | null
}

function yearsOf({ calendar, firstYear, firstDay, lastYear, longYears }: FiscalConfig): readonly FiscalYear[] {
  const years: FiscalYear[] = []
  for (let [year, day] = [firstYear, firstDay]; year <= lastYear; year++) {
    const weeks = calendar === 'months' ? null : longYears.includes(year) ? 53 : 52
    years.push({ year, firstDay: day, weeks })
    day = weeks === null ? addYears(day, 1) : addDays(day, 7 * weeks)
  }
  return years
}

/** Header and rows of the model `fiscal_years`. Its first week is the one that holds the first day. */
export function fiscalRows(config: FiscalConfig): readonly (readonly string[])[] {
  const starts = WEEKDAYS.indexOf(config.weekStarts) + 1
  return [
    ['fiscal_year', 'first_day', 'pattern', 'weeks', 'first_week'],
    ...yearsOf(config).map(({ year, firstDay, weeks }) => {
      const firstWeek = addDays(firstDay, -((isoWeekday(firstDay) - starts + 7) % 7))
      return [String(year), firstDay, config.calendar, weeks === null ? '' : String(weeks), firstWeek]
    }),
  ]
}
