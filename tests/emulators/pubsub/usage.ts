/** Calls to the server, as Google would count them. */
export interface Usage {
  readonly requests: number
  readonly messages: number
  /** Data and attributes of messages; for pushes, the bodies of the requests. */
  readonly bytes: number
  /** The same, each request at least a thousand bytes: what is paid for. */
  readonly billedBytes: number
}

export type Direction = 'publish' | 'push' | 'pull'

/** Counts by direction and by topic or subscription. */
export interface Meter {
  count(direction: Direction, resource: string, request: { readonly messages: number; readonly bytes: number }): void
  /** In all, or of one topic or subscription. */
  usage(direction: Direction, resource?: string): Usage
}

const LEAST_BILLED = 1000
const NONE: Usage = { requests: 0, messages: 0, bytes: 0, billedBytes: 0 }

export function createMeter(): Meter {
  const counts = new Map<string, Usage>()
  const add = (key: string, { messages, bytes }: { messages: number; bytes: number }) => {
    const before = counts.get(key) ?? NONE
    counts.set(key, {
      requests: before.requests + 1,
      messages: before.messages + messages,
      bytes: before.bytes + bytes,
      billedBytes: before.billedBytes + Math.max(LEAST_BILLED, bytes),
    })
  }
  return {
    count(direction, resource, request) {
      add(direction, request)
      add(`${direction} ${resource}`, request)
    },
    usage: (direction, resource) => counts.get(resource ? `${direction} ${resource}` : direction) ?? NONE,
  }
}

/** Size of a message as it is billed. */
export function sizeOf({
  data,
  attributes,
}: {
  data: Uint8Array
  attributes: Readonly<Record<string, string>>
}): number {
  const words = Object.entries(attributes).flat()
  return data.length + words.reduce((sum, word) => sum + Buffer.byteLength(word), 0)
}
