import { createRequire } from 'node:module'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { fromJSON, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader'
import { z } from 'zod'

const SERVICE = 'google.logging.v2.LoggingServiceV2'
const require = createRequire(import.meta.url)

export interface LoggingServer {
  /** `127.0.0.1:PORT`: the endpoint for clients. */
  readonly address: string
  /** Takes a line as a container writes it to stdout. */
  write(line: string): void
  /** Requests, the oldest first. */
  readonly calls: readonly Request[]
  /** Answers the next call so. */
  fail(code: keyof typeof status): void
  close(): Promise<void>
}

const Request = z.object({
  resourceNames: z.array(z.string()).min(1),
  filter: z.string(),
  orderBy: z.enum(['', 'timestamp asc', 'timestamp desc']),
  pageSize: z.number(),
  pageToken: z.string(),
})
type Request = z.infer<typeof Request>

/** Fields that Cloud Logging takes out of a line of JSON. */
const Line = z.looseObject({
  severity: z.string(),
  time: z.iso.datetime(),
  'logging.googleapis.com/insertId': z.string(),
  'logging.googleapis.com/operation': z.object({ id: z.string(), producer: z.string() }).optional(),
})

interface Stored {
  readonly at: number
  readonly insertId: string
  readonly severity: string
  readonly operation: { readonly id: string; readonly producer: string } | null
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * A Cloud Logging on loopback, over gRPC with the definitions of Google's own package. It holds the lines of one log bucket and lists
 * them through its view by `operation.id`, `operation.producer` and `timestamp>=`; other filters and methods are refused.
 */
export async function startLoggingServer(view: string): Promise<LoggingServer> {
  const stored: Stored[] = []
  const calls: Request[] = []
  const faults: (keyof typeof status)[] = []
  const server = new Server()
  server.addService(definition(), {
    ListLogEntries(call: { request: unknown }, done: (error: object | null, answer?: object) => void) {
      const request = Request.parse(call.request)
      calls.push(request)
      const fault = faults.shift()
      if (fault) return done({ code: status[fault], details: 'as the test told' })
      // A bucket is read by its view; a project, by the bucket `_Default`, where an exclusion leaves these lines out.
      if (request.resourceNames.some((name) => name !== view)) return done(null, { entries: [] })
      const matches = filterOf(request.filter)
      if (matches === null) return done({ code: status.INVALID_ARGUMENT, details: `cannot parse ${request.filter}` })
      const found = stored.filter(matches).toSorted((a, b) => a.at - b.at || (a.insertId < b.insertId ? -1 : 1))
      const ordered = request.orderBy === 'timestamp desc' ? found.toReversed() : found
      const from = Number(request.pageToken || 0)
      const end = from + Math.min(request.pageSize || 50, 1000)
      done(null, {
        entries: ordered.slice(from, end).map(toWire),
        nextPageToken: end < ordered.length ? String(end) : '',
      })
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    address: `127.0.0.1:${port}`,
    write: (line) => void stored.push(toStored(line)),
    calls,
    fail: (code) => void faults.push(code),
    close: async () => server.forceShutdown(),
  }
}

function toStored(text: string): Stored {
  const { severity, time, ...rest } = Line.parse(JSON.parse(text))
  const payload = Object.entries(rest).filter(([name]) => !name.startsWith('logging.googleapis.com/'))
  return {
    at: Date.parse(time),
    insertId: rest['logging.googleapis.com/insertId'],
    severity,
    operation: rest['logging.googleapis.com/operation'] ?? null,
    payload: Object.fromEntries(payload),
  }
}

function filterOf(filter: string): ((line: Stored) => boolean) | null {
  const tests = filter.split(' AND ').map((part): ((line: Stored) => boolean) | null => {
    const [, path, operator, quoted = ''] = /^([a-z.]+)(>=|=)("(?:[^"\\]|\\.)*")$/.exec(part) ?? []
    const value = quoted && String(JSON.parse(quoted))
    if (path === 'operation.id' && operator === '=') return ({ operation }) => operation?.id === value
    if (path === 'operation.producer' && operator === '=') return ({ operation }) => operation?.producer === value
    if (path === 'timestamp' && operator === '>=') return ({ at }) => at >= Date.parse(value)
    return null
  })
  return tests.includes(null) ? null : (line) => tests.every((test) => test?.(line))
}

function toWire({ at, insertId, severity, operation, payload }: Stored) {
  const timestamp = { seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 }
  return { timestamp, insertId, severity, operation, jsonPayload: structOf(payload) }
}

/** As `google.protobuf.Struct` is written on the wire. */
function structOf(object: object): object {
  return { fields: Object.fromEntries(Object.entries(object).map(([name, value]) => [name, wireValue(value)])) }
}

function wireValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { numberValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { structValue: structOf(value) }
  return { nullValue: 0 }
}

function definition(): ServiceDefinition {
  const all = fromJSON(require('@google-cloud/logging-api/build/protos/protos.json'), {
    longs: String,
    enums: String,
    defaults: true,
  })
  const found = all[SERVICE]
  if (found && isService(found)) return found
  throw new Error(`${SERVICE} is not in the package's definitions`)
}

function isService(one: PackageDefinition[string]): one is ServiceDefinition {
  return !('format' in one)
}
