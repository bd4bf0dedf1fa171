import { DaybreakError, ERRORS } from '../functions/errors.ts'
import { toJson } from './cell.ts'
import type { Context } from './context.ts'
import { exitCodeOf } from './exit-code.ts'
import { FORMATS, type Format } from './options.ts'
import { cellText, paint } from './table.ts'

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** The exit code of an error, unless a signal ended the work: then that of the signal. */
export function exitCodeOfError(error: DaybreakError, signal: AbortSignal): number {
  return signalCode(signal) ?? exitCodeOf({ state: 'failed', reason: error })
}

/** 130 after Ctrl-C, 143 after SIGTERM, null when neither came. */
export function signalCode(signal: AbortSignal): number | null {
  if (!signal.aborted) return null
  const name = signal.reason instanceof DaybreakError ? signal.reason.details.signal : undefined
  return name === 'SIGTERM' ? SIGNAL_CODES.SIGTERM : SIGNAL_CODES.SIGINT
}

interface Style {
  readonly format: Format
  readonly color: boolean
  /** Add the stack. */
  readonly verbose: boolean
}

/** The error as people read it, or as one JSON line for a program that asked for JSON. */
export function renderFailure(error: DaybreakError, { format, color, verbose }: Style): string {
  const { remedy } = ERRORS[error.code]
  const next = nextCommand(error)
  if (format !== 'table' && format !== 'csv') {
    const { next: _, ...details } = error.details
    const { code, message, retryable } = error
    return `${toJson({ error: { code, message, retryable, remedy, next, details, ...(verbose ? { stack: stackOf(error) } : {}) } })}\n`
  }
  const message = error.message.split('\n').map(cellText).join('\n')
  const lines = [
    `${paint(`[${error.code}]`, 'bad', color)} ${message}`,
    `  ${remedy}`,
    paint(`  $ ${next}`, 'dim', color),
  ]
  return `${[...lines, ...(verbose ? [stackOf(error)] : [])].join('\n')}\n`
}

/** The command to paste next: the error's own `next`, else the first whole command of its remedy, else its explanation. */
export function nextCommand(error: DaybreakError): string {
  if (typeof error.details.next === 'string') return error.details.next
  const commands = [...ERRORS[error.code].remedy.matchAll(/`(daybreak [^`]+)`/g)].map(([, found]) => found ?? '')
  return commands.find((found) => !/[A-Z]{3}/.test(found)) ?? `daybreak explain ${error.code}`
}

function stackOf(error: DaybreakError): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : ''
  return `${error.stack}${cause}`
}

/** The format that was asked for, read leniently: it is needed to report that the flags cannot be read. */
export function formatForFailure(argv: readonly string[], context: Context): Format {
  const at = argv.findIndex((arg) => /^(--output|-o)$/.test(arg))
  const inline = argv.map((arg) => /^(?:--output=|-o)(.+)$/.exec(arg)?.[1]).find(Boolean)
  const asked = inline ?? (at >= 0 ? argv[at + 1] : undefined) ?? context.env.DAYBREAK_OUTPUT
  return FORMATS.find((format) => format === asked) ?? 'table'
}
