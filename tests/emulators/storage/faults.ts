/** Operation of a request, in the words of Google's method names. */
export type Operation =
  | 'objects.insert'
  | 'objects.insert.start'
  | 'objects.insert.chunk'
  | 'objects.insert.query'
  | 'objects.get'
  | 'objects.get.media'
  | 'objects.list'
  | 'objects.patch'
  | 'objects.delete'
  | 'objects.rewrite'
  | 'objects.copy'
  | 'buckets.get'
  | 'buckets.list'
  | 'buckets.insert'
  | 'buckets.testIamPermissions'
  | 'notifications.insert'
  | 'notifications.list'
  | 'notifications.delete'

export type Fault =
  /** Answers so, and does nothing. */
  | { readonly kind: 'status'; readonly status: number; readonly reason?: string; readonly message?: string }
  /** Does it, and cuts the connection instead of answering. */
  | { readonly kind: 'lost' }
  /** Cuts the connection after so many bytes of the request's body, and does nothing. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Turns over one bit of the content that comes in, or of that which goes out. */
  | { readonly kind: 'flip'; readonly byte?: number }
  /** Forgets the session of a resumable upload, and says so. */
  | { readonly kind: 'session_lost'; readonly status: 404 | 410 }
  /** Sends so many bytes of the content and cuts the connection. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Has the whole request, and waits before it does it. */
  | { readonly kind: 'hold'; readonly wait: () => Promise<unknown> }
  /** Sends so many bytes of the content, and the others after a wait. */
  | { readonly kind: 'trickle'; readonly afterBytes: number; readonly until: Promise<unknown> }
  /** Sends the content in pieces of so many bytes, one every so many milliseconds. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly every: number }
  /** Never answers. */
  | { readonly kind: 'stall' }
  /** Deletes the object first, as a lifecycle rule does. */
  | { readonly kind: 'vanish' }

export interface FaultMatch {
  readonly operation: Operation
  readonly bucket?: string
  readonly name?: string
  /** Which of the matching calls from now on is the first to be hit, counted from 1. */
  readonly call?: number
  /** How many calls in a row are hit; Infinity for all. */
  readonly times?: number
}

/** The switches. */
export interface Faults {
  on(match: FaultMatch, fault: Fault): void
  clear(): void
  /** The fault of this call, if there is one. Each call counts. */
  take(call: { operation: Operation; bucket: string; name: string }): Fault | undefined
}

export function createFaults(): Faults {
  const planned = new Set<{ match: FaultMatch; fault: Fault; seen: number }>()
  return {
    on: (match, fault) => void planned.add({ match, fault, seen: 0 }),
    clear: () => planned.clear(),
    take(call) {
      let taken: Fault | undefined
      for (const plan of planned) {
        const { operation, bucket = call.bucket, name = call.name, call: first = 1, times = 1 } = plan.match
        if (operation !== call.operation || bucket !== call.bucket || name !== call.name) continue
        plan.seen++
        if (plan.seen >= first && plan.seen < first + times) taken ??= plan.fault
      }
      return taken
    },
  }
}

/** The content with one bit turned over. */
export function flipped(content: Buffer, fault: Fault | undefined): Buffer {
  if (fault?.kind !== 'flip' || content.length === 0) return content
  const copy = Buffer.from(content)
  const at = Math.min(fault.byte ?? 0, copy.length - 1)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
