import type { NotifyConfig } from '../config/notify-config.ts'
import type { BusinessDate } from '../pipeline/entities.ts'
import { escapeHtml } from './render/html.ts'
import { dayInWords, lengthInWords } from './words.ts'

/** Goals of the report, as config/notify.yaml has them. */
export type Goals = NotifyConfig['goals']

/** Facts of one month of one pipeline. */
export interface SlaFacts {
  readonly pipeline: string
  /** `2026-11`. */
  readonly month: string
  /** Shards and windows counted together: `location-days`. */
  readonly both: string
  /** Expected shards and days of the month that are due, each with its outcome. */
  readonly days: readonly SlaDay[]
  readonly runs: { readonly all: number; readonly failed: number }
  /** Milliseconds from file to table, one per slice. */
  readonly loads: readonly number[]
  readonly rows: { readonly accepted: number; readonly rejected: number }
  /** Milliseconds from opened to resolved, of incidents that were resolved in the month. */
  readonly incidents: readonly number[]
  /** USD; null where no price is known. */
  readonly cost: number | null
}

/** One shard on one day. */
export interface SlaDay {
  readonly shard: string
  readonly name: string
  readonly date: BusinessDate
  /** Milliseconds after the goal at which it was complete; `never`, `closed` for a day without files. */
  readonly late: number | 'never' | 'closed'
}

/** One of the five figures. */
export interface SlaFigure {
  readonly name: string
  readonly value: string
  readonly goal: string
  /** Null where there is nothing to judge. */
  readonly isMet: boolean | null
  readonly note: string
}

/** A month in figures. */
export interface SlaReport {
  readonly pipeline: string
  readonly month: string
  readonly figures: readonly SlaFigure[]
  /** Days that were late or never complete. */
  readonly missed: readonly SlaDay[]
  readonly closed: readonly SlaDay[]
}

/** Pure: the five figures of a month, and the days that missed their goal. */
export function toReport(facts: SlaFacts, goals: Goals): SlaReport {
  const { pipeline, month, days, both } = facts
  const expected = days.filter(({ late }) => late !== 'closed')
  const missed = expected.filter(({ late }) => late === 'never' || (typeof late === 'number' && late > 0))
  return {
    pipeline,
    month,
    figures: [
      completeness({ all: expected.length, missed: missed.length, both }, goals),
      loading(facts, goals),
      rejecting(facts, goals),
      spending(facts, goals),
      resolving(facts, goals),
    ],
    missed,
    closed: days.filter(({ late }) => late === 'closed'),
  }
}

interface Completeness {
  readonly all: number
  readonly missed: number
  readonly both: string
}

function completeness({ all, missed, both }: Completeness, { completeBy, completePercent }: Goals): SlaFigure {
  const share = all === 0 ? null : (100 * (all - missed)) / all
  const allowed = (all * (100 - completePercent)) / 100
  const left = allowed === 0 ? 0 : Math.round((100 * (allowed - missed)) / allowed)
  return {
    name: `Complete by ${completeBy} local`,
    value: share === null ? 'no day was due' : `${share.toFixed(2)} % of ${all.toLocaleString('en-US')} ${both}`,
    goal: `${completePercent} %`,
    isMet: share === null ? null : share >= completePercent,
    note:
      share === null
        ? ''
        : left >= 0
          ? `budget left ${left} %`
          : `${missed.toLocaleString('en-US')} missed, ${Math.floor(allowed).toLocaleString('en-US')} allowed`,
  }
}

function loading({ loads, runs }: SlaFacts, { loadMinutes }: Goals): SlaFigure {
  const time = percentile(loads, 0.95)
  const failed = runs.all === 0 ? '' : `runs not failed ${((100 * (runs.all - runs.failed)) / runs.all).toFixed(1)} %`
  return {
    name: 'File to table, 95th percentile',
    value: time === null ? 'no file was loaded' : lengthInWords(time),
    goal: `${loadMinutes} min`,
    isMet: time === null ? null : time <= loadMinutes * 60_000,
    note: failed,
  }
}

function rejecting({ rows: { accepted, rejected } }: SlaFacts, { rejectedPercent }: Goals): SlaFigure {
  const all = accepted + rejected
  const share = all === 0 ? null : (100 * rejected) / all
  return {
    name: 'Rejected rows',
    value: share === null ? 'no row came' : `${share.toFixed(3)} %`,
    goal: `${rejectedPercent} %`,
    isMet: share === null ? null : share <= rejectedPercent,
    note: all === 0 ? '' : `${rejected.toLocaleString('en-US')} of ${all.toLocaleString('en-US')}`,
  }
}

function spending({ cost }: SlaFacts, { monthCost }: Goals): SlaFigure {
  return {
    name: 'Cost of the month',
    value: cost === null ? 'no price is known' : `$${cost.toFixed(2)}`,
    goal: monthCost === undefined ? 'none' : `$${monthCost}`,
    isMet: cost === null || monthCost === undefined ? null : cost <= monthCost,
    note: '',
  }
}

function resolving({ incidents }: SlaFacts, { resolvedHours }: Goals): SlaFigure {
  const middle = percentile(incidents, 0.5)
  const longest = percentile(incidents, 1)
  return {
    name: 'Incidents resolved, median',
    value: middle === null ? 'no incident' : lengthInWords(middle),
    goal: `${resolvedHours} h`,
    isMet: middle === null ? null : middle <= resolvedHours * 3_600_000,
    note: longest === null ? '' : `longest ${lengthInWords(longest)}`,
  }
}

/** The value below which a share of all values lies; null without values. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

/** The report as CSV: figures, then the days that missed. A value that a spreadsheet would compute is text. */
export function toCsv(reports: readonly SlaReport[]): string {
  const figures = reports.flatMap(({ pipeline, month, figures }) =>
    figures.map(({ name, value, goal, isMet, note }) => [month, pipeline, name, value, goal, wordOf(isMet), note]),
  )
  const days = reports.flatMap(({ pipeline, missed, closed }) =>
    [...missed, ...closed].map(({ shard, name, date, late }) => [
      date,
      pipeline,
      `${name} (${shard})`,
      lateInWords(late),
      '',
      '',
      '',
    ]),
  )
  const head = ['month or date', 'pipeline', 'figure or location', 'value', 'goal', 'met', 'note']
  return `${[head, ...figures, ...days].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}

/** The report as a page of its own, with a link from each day to its slices. */
export function toHtml(reports: readonly SlaReport[], address: string | null): string {
  const month = reports[0]?.month ?? ''
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>Service report ${escapeHtml(month)}</title></head>`,
    '<body style="font:15px/1.5 system-ui,sans-serif;color:#101828;max-width:760px;margin:32px auto">',
    `<h1 style="font-size:20px">Service report, ${escapeHtml(month)}</h1>`,
    ...reports.flatMap((report) => section(report, address)),
    '</body></html>',
    '',
  ].join('\n')
}

/** The report in sentences: the lines of its mail. */
export function toLines(reports: readonly SlaReport[]): readonly string[] {
  return reports.flatMap(({ pipeline, figures, missed, closed }) => [
    ...(reports.length > 1 ? [`${pipeline}:`] : []),
    ...figures.map(
      ({ name, value, goal, isMet, note }) =>
        `${name}: ${value} (goal ${goal}${isMet === false ? ', missed' : ''}${note === '' ? '' : `; ${note}`}).`,
    ),
    ...(missed.length === 0 ? [] : [`Missed: ${missed.slice(0, SHOWN).map(dayOf).join('; ')}${more(missed)}.`]),
    ...(closed.length === 0
      ? []
      : [
          `Without files, as configured or waived: ${closed
            .slice(0, SHOWN)
            .map(({ name, date }) => `${dayInWords(date)} ${name}`)
            .join('; ')}${more(closed)}.`,
        ]),
  ])
}

const SHOWN = 10

function section({ pipeline, figures, missed, closed }: SlaReport, address: string | null): readonly string[] {
  const row = ({ name, value, goal, isMet, note }: SlaFigure) =>
    `<tr><th scope="row" style="text-align:left">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td><td>${escapeHtml(goal)}</td><td>${wordOf(isMet)}</td><td>${escapeHtml(note)}</td></tr>`
  const day = (each: SlaDay) => `<li>${linked(dayOf(each), each, { pipeline, address })}</li>`
  return [
    `<h2 style="font-size:16px">${escapeHtml(pipeline)}</h2>`,
    '<table cellpadding="6"><thead><tr><th></th><th>value</th><th>goal</th><th>met</th><th></th></tr></thead>',
    `<tbody>${figures.map(row).join('')}</tbody></table>`,
    ...(missed.length === 0
      ? ['<p>No day missed its goal.</p>']
      : ['<h3>Missed</h3>', `<ul>${missed.map(day).join('')}</ul>`]),
    ...(closed.length === 0
      ? []
      : ['<h3>Without files, as configured or waived</h3>', `<ul>${closed.map(day).join('')}</ul>`]),
  ]
}

function linked(
  text: string,
  { shard, date }: SlaDay,
  { pipeline, address }: { readonly pipeline: string; readonly address: string | null },
): string {
  if (address === null) return escapeHtml(text)
  const query = new URLSearchParams({ pipeline, from: date, to: date, q: shard })
  return `<a href="${escapeHtml(`${address.replace(/\/$/, '')}/?${query}`)}">${escapeHtml(text)}</a>`
}

function dayOf({ name, date, late }: SlaDay): string {
  return `${dayInWords(date)} ${name} (${lateInWords(late)})`
}

function lateInWords(late: SlaDay['late']): string {
  if (late === 'never') return 'not complete'
  return late === 'closed' ? 'no files' : `${lengthInWords(late)} late`
}

function more(days: readonly SlaDay[]): string {
  return days.length > SHOWN ? ` and ${days.length - SHOWN} more` : ''
}

function wordOf(isMet: boolean | null): string {
  return isMet === null ? '' : isMet ? 'yes' : 'no'
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
