import type { Writable } from 'node:stream'
import { BUSINESS_DATE } from '../functions/contract/carried.ts'
import type { Instant } from '../functions/pipeline/entities.ts'
import type { Log, LogEntry, Severity } from '../functions/pipeline/ports.ts'
import type { Options } from './options.ts'
import { cellText, paint } from './table.ts'

const RANK: Record<Severity, number> = { DEBUG: 0, INFO: 1, NOTICE: 2, WARNING: 3, ERROR: 4 }
const FLOOR: Record<Options['verbosity'], Severity> = { quiet: 'ERROR', normal: 'WARNING', verbose: 'DEBUG' }

/** A log on a stream: a line for people, or one JSON object a line with the field names that Cloud Logging knows. */
export function createLog(
  stream: Writable,
  { verbosity, logFormat, color }: Pick<Options, 'verbosity' | 'logFormat' | 'color'>,
  now: () => Instant,
): Log {
  return (entry) => {
    if (RANK[entry.severity] < RANK[FLOOR[verbosity]]) return
    stream.write(logFormat === 'json' ? `${toJsonLine(entry, now())}\n` : `${toText(entry, now(), color.stderr)}\n`)
  }
}

function toJsonLine(
  { message, severity, code, runId, window: date, counts, ...labels }: LogEntry,
  now: Instant,
): string {
  return JSON.stringify({
    severity,
    message,
    time: new Date(now).toISOString(),
    ...(code && { code }),
    ...(runId && { 'logging.googleapis.com/operation': { id: runId, producer: 'daybreak' } }),
    ...labels,
    ...(date && { [BUSINESS_DATE]: date }),
    ...counts,
  })
}

function toText({ severity, message, code, milliseconds }: LogEntry, now: Instant, color: boolean): string {
  const time = new Date(now).toISOString().slice(11, 19)
  const took = milliseconds === undefined ? '' : paint(` ${milliseconds} ms`, 'dim', color)
  const tone = severity === 'ERROR' ? 'bad' : severity === 'WARNING' ? 'warn' : 'dim'
  return `${paint(time, 'dim', color)} ${paint(severity.padEnd(7), tone, color)} ${cellText(message)}${code ? ` [${code}]` : ''}${took}`
}
