import { z } from 'zod'
import { BUSINESS_DATE } from '../../contract/carried.ts'
import { DaybreakError, ERRORS, type ErrorCode } from '../../errors.ts'
import type { Instant } from '../../pipeline/entities.ts'
import type { LogEntry } from '../../pipeline/ports.ts'

/** Project and log bucket of our lines. */
export interface CloudRunLogSettings {
  readonly project: string
  readonly region: string
  /** A server to use instead of Google's, as `host:port`, without TLS and credentials. */
  readonly endpoint?: string | undefined
}

/** Lines that were logged about a run, from Cloud Logging. */
export interface CloudRunLog {
  /** Oldest first. @throws {DaybreakError} LOG_UNAVAILABLE. */
  read(runId: string): AsyncIterable<LogEntry & { readonly at: Instant }>
  /** Address of the same lines in Logs Explorer. */
  link(runId: string): string
  close(): Promise<void>
}

/** The used part of Google's client, for which its package has no type. */
interface Client {
  listLogEntries(
    request: PageRequest,
    options: { readonly autoPaginate: false; readonly timeout: number },
  ): Promise<readonly [entries: unknown, next: unknown, answer: unknown]>
  close(): Promise<void>
}

const PAGE = 1_000
const TIMEOUT = 20_000

/**
 * Reads what services and jobs said about a run. Our lines lie in a log bucket of their own, whose view is asked: a query of the
 * project would read the default bucket, which leaves them out.
 */
export function openCloudRunLog(settings: CloudRunLogSettings): CloudRunLog {
  let opening: Promise<Client> | null = null
  return {
    async *read(runId) {
      opening ??= openClient(settings)
      const client = await opening
      const request = {
        resourceNames: [viewOf(settings)],
        filter: filterOf(runId),
        orderBy: 'timestamp asc',
        pageSize: PAGE,
      }
      for (let pageToken = ''; ; ) {
        const { entries, next } = await readPage(client, { ...request, pageToken })
        for (const entry of entries) yield toLine(entry, runId)
        if (next === '') return
        pageToken = next
      }
    },
    link: (runId) =>
      `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(filterOf(runId))};storageScope=storage,${encodeURIComponent(viewOf(settings))}?project=${encodeURIComponent(settings.project)}`,
    close: async () => await (await opening?.catch(() => null))?.close(),
  }
}

function viewOf({ project, region }: CloudRunLogSettings): string {
  return `projects/${project}/locations/${region}/buckets/daybreak/views/_AllLogs`
}

/** JSON quotes as the filter language does. An id of version 7 begins with its time, before which nothing was said about it. */
function filterOf(runId: string): string {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(runId) ?? []
  const since = high && low ? ` AND timestamp>="${new Date(Number.parseInt(high + low, 16)).toISOString()}"` : ''
  return `operation.producer="daybreak" AND operation.id=${JSON.stringify(runId)}${since}`
}

/** Loaded when the first log is read: the package takes long to load. */
async function openClient({ project, endpoint }: CloudRunLogSettings): Promise<Client> {
  const { v2 } = await import('@google-cloud/logging')
  if (endpoint === undefined) return new v2.LoggingServiceV2Client({ projectId: project })
  const [{ credentials }, { PassThroughClient }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('google-auth-library'),
  ])
  const { hostname, port } = new URL(`http://${endpoint}`)
  return new v2.LoggingServiceV2Client({
    projectId: project,
    apiEndpoint: hostname,
    port: Number(port),
    authClient: new PassThroughClient(),
    sslCreds: credentials.createInsecure(),
  })
}

interface PageRequest {
  readonly resourceNames: string[]
  readonly filter: string
  readonly orderBy: string
  readonly pageSize: number
  readonly pageToken: string
}

async function readPage(client: Client, request: PageRequest) {
  try {
    const [entries, , answer] = await client.listLogEntries(request, { autoPaginate: false, timeout: TIMEOUT })
    return { entries: z.array(Entry).parse(entries), next: Answer.parse(answer)?.nextPageToken ?? '' }
  } catch (error) {
    const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : null
    // Of the client's error only the number is kept: it carries the request and its credentials.
    const why =
      code === PERMISSION_DENIED
        ? 'may not be read by this service account'
        : `cannot be read now (gRPC status ${code ?? 'unknown'})`
    throw new DaybreakError('LOG_UNAVAILABLE', `The log of the run ${why}`)
  }
}

const PERMISSION_DENIED = 7

/** A value of `google.protobuf.Struct` on the wire. */
const Value = z.looseObject({ stringValue: z.string().optional(), numberValue: z.number().optional() })
const Answer = z.looseObject({ nextPageToken: z.string().nullish() }).nullable()
const Entry = z.looseObject({
  timestamp: z.looseObject({ seconds: z.coerce.number(), nanos: z.number().default(0) }),
  severity: z.union([z.string(), z.number()]),
  jsonPayload: z.looseObject({ fields: z.record(z.string(), Value) }),
})

const SEVERITIES: Readonly<Record<string, LogEntry['severity']>> = {
  DEBUG: 'DEBUG',
  INFO: 'INFO',
  NOTICE: 'NOTICE',
  WARNING: 'WARNING',
  ERROR: 'ERROR',
}
const STEPS = ['plan', 'extract', 'transform', 'check', 'stage', 'load', 'record'] as const

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

function toLine({ timestamp, severity, jsonPayload: { fields } }: z.infer<typeof Entry>, runId: string) {
  const text = (name: string) => fields[name]?.stringValue
  const [code, pipeline, stream] = [text('code'), text('pipeline'), text('stream')]
  const [shard, window, milliseconds] = [text('location'), text(BUSINESS_DATE), fields['milliseconds']?.numberValue]
  const step = STEPS.find((each) => each === text('step'))
  return {
    at: timestamp.seconds * 1000 + Math.floor(timestamp.nanos / 1_000_000),
    severity: SEVERITIES[String(severity)] ?? 'INFO',
    message: text('message') ?? '',
    runId,
    ...(code !== undefined && isErrorCode(code) && { code }),
    ...(step && { step }),
    ...(pipeline !== undefined && { pipeline }),
    ...(stream !== undefined && { stream }),
    ...(shard !== undefined && { shard }),
    ...(window !== undefined && { window }),
    ...(milliseconds !== undefined && { milliseconds }),
  }
}
