import { SingleBar } from 'cli-progress'
import type { Context } from './context.ts'
import type { Options } from './options.ts'

/** Name, unit and total of the work that is shown. */
interface ProgressOptions {
  /** Name of the work, e.g. `toast 2026-11-20`. */
  readonly label: string
  readonly unit: 'rows' | 'bytes' | 'slices' | 'files'
  /** Null when the amount is unknown. */
  readonly total: number | null
}

/** How far long work has come, told on stderr: a bar on a terminal, a line every few seconds elsewhere, nothing with -q. */
export interface Progress {
  /** So much is done in all; the total may become known or grow. */
  update(done: number, total?: number): void
  /** Prints a line, such as one of the log, without tearing the bar. */
  line(text: string): void
  /** Ends the bar. Safe to call twice. */
  stop(): void
}

const LINE_EVERY = 5_000

/** Starts telling. Nothing ticks in the background: it speaks when it is updated. */
export function startProgress(progress: ProgressOptions, context: Context, options: Options): Progress {
  if (options.verbosity === 'quiet') return { update() {}, line() {}, stop() {} }
  const bar = context.isTTY.stderr && context.env.TERM !== 'dumb' && !context.env.CI
  return bar ? startBar(progress, context) : startLines(progress, context)
}

function startLines({ label, unit, total }: ProgressOptions, { stderr, clock }: Context): Progress {
  const startedAt = clock.now()
  let saidAt = startedAt
  let known = total
  return {
    update(done, newTotal = known ?? undefined) {
      known = newTotal ?? null
      const now = clock.now()
      if (now - saidAt < LINE_EVERY) return
      saidAt = now
      stderr.write(`${label}: ${summary({ done, total: known, unit, milliseconds: now - startedAt })}\n`)
    },
    line: (text) => void stderr.write(`${text}\n`),
    stop() {},
  }
}

function startBar({ label, unit, total }: ProgressOptions, { stderr, clock }: Context): Progress {
  const startedAt = clock.now()
  const bar = new SingleBar({
    stream: stderr,
    format: total === null ? '{label} {summary}' : '{label} {bar} {percentage}% {summary}',
    barsize: 24,
    hideCursor: true,
    fps: 10,
    linewrap: false,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  })
  let known = total
  bar.start(total ?? 1, 0, { label, summary: '' })
  return {
    update(done, newTotal = known ?? undefined) {
      known = newTotal ?? null
      if (known !== null) bar.setTotal(known)
      bar.update(done, { summary: summary({ done, total: known, unit, milliseconds: clock.now() - startedAt }) })
    },
    line(text) {
      stderr.write(`\r\u001b[K${text}\n`)
      bar.updateETA()
      bar.render()
    },
    stop: () => bar.stop(),
  }
}

interface State {
  readonly done: number
  readonly total: number | null
  readonly unit: ProgressOptions['unit']
  readonly milliseconds: number
}

/** `1,234 of 9,000 rows, 410/s, 19 s left`. */
export function summary({ done, total, unit, milliseconds }: State): string {
  const rate = milliseconds > 0 ? (done * 1_000) / milliseconds : 0
  const left = total !== null && rate > 0 && done < total ? `, ${duration(((total - done) / rate) * 1_000)} left` : ''
  const of = total === null ? '' : ` of ${amount(total, unit)}`
  const noun = unit === 'bytes' ? '' : ` ${unit}`
  return `${amount(done, unit)}${of}${noun}${rate > 0 ? `, ${amount(rate, unit)}/s` : ''}${left}`
}

function amount(value: number, unit: ProgressOptions['unit']): string {
  if (unit !== 'bytes') return Math.round(value).toLocaleString('en')
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, value)) / 3))
  return `${(value / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`
}

/** Milliseconds as a person would say them: `19 s`, `2 min 5 s`, `1 h 3 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}
