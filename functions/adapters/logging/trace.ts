import { AsyncLocalStorage } from 'node:async_hooks'

/** Which request something belongs to. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string | null
  readonly sampled: boolean
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** The trace that a request carries: `traceparent` of W3C, or Google's own header; null when it has neither, or a bad one. */
export function readTrace(headers: Headers): Trace | null {
  return readW3c(first(headers['traceparent'])) ?? readGoogle(first(headers['x-cloud-trace-context']))
}

function first(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}

function readW3c(header: string): Trace | null {
  const [, version, traceId = '', spanId = '', flags = ''] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(header.slice(0, 200)) ?? []
  if (version === undefined || version === 'ff' || isZero(traceId) || isZero(spanId)) return null
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** `TRACE/SPAN;o=1`, where the span is a decimal number. */
function readGoogle(header: string): Trace | null {
  const [, trace, span, sampled] = /^([0-9a-fA-F]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?$/.exec(header.slice(0, 200)) ?? []
  if (trace === undefined || isZero(trace)) return null
  const spanId = span === undefined || isZero(span) ? null : BigInt(span).toString(16).padStart(16, '0')
  // Twenty digits can be more than 64 bits hold.
  return { traceId: trace.toLowerCase(), spanId: spanId?.length === 16 ? spanId : null, sampled: sampled === '1' }
}

function isZero(digits: string): boolean {
  return /^0+$/.test(digits)
}

/** Carries the trace of a request to every entry that is logged while it is worked on. */
export interface Tracing {
  traced<Result>(request: { readonly headers: Headers }, work: () => Promise<Result>): Promise<Result>
  /** Null outside of a request, and in one that carries no trace. */
  current(): Trace | null
}

/** Keeps the trace of each request for the log lines that are written while it is handled. */
export function createTracing(): Tracing {
  const storage = new AsyncLocalStorage<Trace | null>()
  return {
    traced: (request, work) => storage.run(readTrace(request.headers), work),
    current: () => storage.getStore() ?? null,
  }
}
