import { BUSINESS_DATE } from '../../contract/carried.ts'
import { logFacts } from '../../lib/log-context.ts'
import { redact } from '../../lib/redact.ts'
import type { Instant } from '../../pipeline/entities.ts'
import type { Log, LogEntry } from '../../pipeline/ports.ts'
import type { Trace } from './trace.ts'

/** Output and names of a log. */
export interface CloudLogOptions {
  /** Takes a line with its line end. */
  readonly write: (line: string) => void
  readonly now: () => Instant
  /** A new id, unique and in order: lines of the same millisecond are shown in the order of their ids. */
  readonly newId: () => string
  /** Project id; without it a trace cannot be named. */
  readonly project: string | undefined
  /** The service and its revision, by which error reporting groups. */
  readonly service: { readonly name: string; readonly version: string }
  /** On every line, e.g. the environment. */
  readonly labels?: Readonly<Record<string, string>>
  /** The trace of the request that is being worked on. */
  readonly trace?: () => Trace | null
}

const ERROR_EVENT = 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent'
// Cloud Logging takes 256 KiB a line; nothing that is longer than this is read by anybody.
const MAX_TEXT = 8_000

/**
 * A log of one JSON object a line with the fields that Cloud Logging takes out of it. What comes from outside can neither
 * begin a line of its own nor take the place of a field, and what looks like a secret is left out of every text.
 */
export function openCloudLog(options: CloudLogOptions): Log {
  return (entry) => {
    try {
      options.write(`${toLine(fieldsOf({ ...logFacts(), ...entry }, options))}\n`)
    } catch {
      // A log that fails must not take the work with it, and there is nowhere else to tell it.
    }
  }
}

function fieldsOf(entry: LogEntry, options: CloudLogOptions): Readonly<Record<string, unknown>> {
  const {
    severity,
    message,
    code,
    runId,
    step,
    pipeline,
    stream,
    shard: location,
    window: date,
    milliseconds,
    counts,
  } = entry
  return {
    severity,
    message,
    time: new Date(options.now()).toISOString(),
    code,
    step,
    pipeline,
    stream,
    location,
    [BUSINESS_DATE]: date,
    milliseconds,
    counts,
    'logging.googleapis.com/insertId': options.newId(),
    ...(runId && { 'logging.googleapis.com/operation': { id: runId, producer: 'daybreak' } }),
    ...(options.labels && { 'logging.googleapis.com/labels': options.labels }),
    ...traceFields(options),
    ...(severity === 'ERROR' && errorFields(entry, options)),
  }
}

function traceFields({ project, trace }: CloudLogOptions): Readonly<Record<string, unknown>> {
  const current = trace?.()
  if (!current || project === undefined) return {}
  const { traceId, spanId, sampled } = current
  return {
    'logging.googleapis.com/trace': `projects/${project}/traces/${traceId}`,
    ...(spanId && { 'logging.googleapis.com/spanId': spanId }),
    'logging.googleapis.com/trace_sampled': sampled,
  }
}

/** Without a stack the type alone makes error reporting take the message. */
function errorFields({ stack }: LogEntry, { service }: CloudLogOptions): Readonly<Record<string, unknown>> {
  return {
    '@type': ERROR_EVENT,
    serviceContext: { service: service.name, version: service.version },
    ...(stack !== undefined && { stack_trace: stack }),
  }
}

function toLine(fields: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(fields, (_, value: unknown) => (typeof value === 'string' ? told(value) : value))
  // JSON leaves these as they are: some terminals obey them, and some readers see a line end or turn the text around.
  return text.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Redacted before it is cut, or half a key could stay. */
function told(text: string): string {
  const clean = redact(text)
  return clean.length <= MAX_TEXT ? clean : `${clean.slice(0, MAX_TEXT)} [${clean.length - MAX_TEXT} more characters]`
}
