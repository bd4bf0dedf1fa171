import type { RefusalReason } from './refusal.ts'
import type { Operation } from './routes.ts'

export type Fault =
  /** Answers so, and does nothing. The status is that of the reason, unless it is given. */
  | { readonly kind: 'refuse'; readonly reason: RefusalReason; readonly message?: string; readonly status?: number }
  /** Does it, and cuts the connection instead of answering. */
  | { readonly kind: 'lost' }
  /** Cuts the connection, and does nothing. */
  | { readonly kind: 'reset' }
  /** Waits before it does it. */
  | { readonly kind: 'hold'; readonly wait: () => Promise<unknown> }
  /** Does it, and waits before it answers. */
  | { readonly kind: 'late'; readonly until: Promise<unknown> }
  /** Answers the insertion of a job when the job is done, which is then in the answer, with its errors. */
  | { readonly kind: 'settled' }
  /** Answers with what is no JSON of Google's, as a proxy in between does. */
  | { readonly kind: 'garbage'; readonly status: number }

export interface FaultMatch {
  readonly operation: Operation
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
  take(operation: Operation): Fault | undefined
}

export function createFaults(): Faults {
  const planned = new Set<{ match: FaultMatch; fault: Fault; seen: number }>()
  return {
    on: (match, fault) => void planned.add({ match, fault, seen: 0 }),
    clear: () => planned.clear(),
    take(operation) {
      let taken: Fault | undefined
      for (const plan of planned) {
        if (plan.match.operation !== operation) continue
        plan.seen++
        const { call: first = 1, times = 1 } = plan.match
        if (plan.seen >= first && plan.seen < first + times) taken ??= plan.fault
      }
      return taken
    },
  }
}
