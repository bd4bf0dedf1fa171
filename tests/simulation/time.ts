import type { Instant } from '../../functions/pipeline/entities.ts'

/** Time of a simulation: nothing happens but what was set for an instant, in the order of instants. */
export interface Time {
  now(): Instant
  /** Does something at an instant, or as soon as possible when that has passed. */
  at(instant: Instant, what: () => void): void
  /** Resolves so many milliseconds later. */
  sleep(milliseconds: number): Promise<void>
  /**
   * Resolves as many milliseconds later as are drawn once all is quiet, in the order of the keys: disks end in an order of
   * their own, which must not decide who draws first.
   */
  wait(key: string, draw: () => number): Promise<void>
  /** Lets time pass up to an instant, event by event; each has its consequences before the next one happens. */
  pass(until: Instant): Promise<void>
  /** Work on files of this disk, which are no part of the simulated world: while it goes on, time stands still. */
  onDisk<Result>(work: () => Promise<Result>): Promise<Result>
  /** How much has happened. */
  events(): number
}

interface Event {
  readonly instant: Instant
  readonly order: number
  readonly what: () => void
}

export function createTime(start: Instant): Time {
  const heap: Event[] = []
  let now = start
  let order = 0
  let events = 0
  let onDisk = 0
  let waiting: { readonly key: string; readonly start: () => void }[] = []
  // All work that needs no time has gone on.
  const quiet = async () => {
    await turn()
    // What ends on the disk may begin something else there a turn later.
    for (let still = 0; onDisk > 0 && still < 3; still++) {
      if (isReading()) still = 0
      await turn()
    }
    const all = waiting.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    waiting = []
    for (const { start } of all) start()
  }
  const time: Time = {
    now: () => now,
    at: (instant, what) => push(heap, { instant: Math.max(now, instant), order: order++, what }),
    sleep: (milliseconds) => new Promise((resolve) => time.at(now + Math.max(0, milliseconds), resolve)),
    wait: (key, draw) =>
      new Promise((resolve) => {
        waiting.push({ key, start: () => time.at(now + Math.max(0, draw()), resolve) })
      }),
    async pass(until) {
      await quiet()
      for (let next = heap[0]; next !== undefined && next.instant <= until; next = heap[0]) {
        pop(heap)
        now = next.instant
        events++
        next.what()
        await quiet()
      }
      now = Math.max(now, until)
    },
    async onDisk(work) {
      onDisk++
      return await work().finally(() => onDisk--)
    },
    events: () => events,
  }
  return time
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const isReading = () => process.getActiveResourcesInfo().some((name) => /^(FSReq|CloseReq)/.test(name))

function isBefore(a: Event, b: Event): boolean {
  return a.instant < b.instant || (a.instant === b.instant && a.order < b.order)
}

function push(heap: Event[], event: Event): void {
  heap.push(event)
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1
    if (!swapIf(heap, at, parent)) return
    at = parent
  }
}

function pop(heap: Event[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  heap[0] = last
  for (let at = 0; ; ) {
    const [left, right] = [2 * at + 1, 2 * at + 2]
    const [a, b] = [heap[left], heap[right]]
    if (a === undefined) return
    const least = b !== undefined && isBefore(b, a) ? right : left
    if (!swapIf(heap, least, at)) return
    at = least
  }
}

/** Swaps a child with its parent if it comes before it. */
function swapIf(heap: Event[], child: number, parent: number): boolean {
  const [a, b] = [heap[child], heap[parent]]
  if (a === undefined || b === undefined || !isBefore(a, b)) return false
  heap[child] = b
  heap[parent] = a
  return true
}
