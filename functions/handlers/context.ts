import type { PushContext } from '../http/push.ts'
import type { Layout } from '../pipeline/read/path-pattern.ts'
import type { Worker } from '../pipeline/work/worker.ts'

/** Worker and settings that every handler uses, once the process is ready. */
export interface HandlerContext extends PushContext {
  readonly worker: Worker
  /** Milliseconds during which file events become one look. */
  readonly gather: number
  /** Buckets that pipelines read from. */
  readonly inboxes: readonly Inbox[]
  /** Dependencies that must answer before requests are accepted, by name. */
  readonly dependencies: Readonly<Record<string, () => Promise<unknown>>>
}

/** A bucket that a pipeline reads from. */
export interface Inbox {
  readonly pipeline: string
  readonly bucket: string
  /** Folder in it that holds one folder per location, with `/` before it. */
  readonly root: string
  /** Where files lie below the root in a pipeline of files; absent for nightly exports. */
  readonly layout?: Layout
}

/** Gives the context, opened when it is first asked for: a cold start pays for what its first request needs. */
export type OpenContext = () => Promise<HandlerContext>
