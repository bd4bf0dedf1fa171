import type { ModelProject } from '../build/project.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, Instant, LineageTarget, Message, Reason, Run, UnchangedLooks, Work } from '../entities.ts'
import type { Ports } from '../ports.ts'
import type { TableTools } from '../tables/tools.ts'

/** Definitions, ports and limits that a handler of messages works with. */
export interface Worker {
  readonly definitions: ReadonlyMap<string, PipelineDefinition>
  readonly ports: Ports
  readonly signal?: AbortSignal
  /** Work that has not begun by then goes back to the queue. */
  readonly deadline?: Instant
  /** Writes the audit of each day that is over into an object; each sweep asks for it. */
  readonly exportAudit?: () => Promise<unknown>
  /** Models of the project; absent where it has none. */
  readonly models?: ModelProject
  /** Readers and engine of pipelines of tables; absent where no pipeline is one. */
  readonly tables?: TableTools
  /** Receivers of run events of each load and build; absent where there is none. */
  readonly lineage?: readonly LineageTarget[]
  /** Handlers of further kinds that have no run. */
  readonly handlers?: ReadonlyMap<string, AloneHandler>
}

/** Does work that has no run. Throws as `handle` does. */
export type AloneHandler = (work: Work, worker: Worker) => Promise<void>

/** A message of a run, with the pipeline it is about. */
export interface Assignment {
  readonly message: Message
  readonly run: Run
  readonly definition: PipelineDefinition
}

/** How the work of a message ended. */
export type Ending =
  /** The work is done. */
  | {
      readonly end: 'done'
      /** Keys of incidents that it resolves, in addition to that of the message. */
      readonly resolves?: readonly string[]
      readonly unchanged?: readonly UnchangedLooks[]
      /** Loads that asked for the same before the work began, so it covers them. */
      readonly alike?: readonly Message[]
    }
  /** The part that could be done is done; these messages of the same run do the rest. */
  | { readonly end: 'continued'; readonly by: readonly Message[]; readonly unchanged: readonly UnchangedLooks[] }
  /** The work recorded the end of its message in its own transaction. Loads of these windows may be ready. */
  | { readonly end: 'recorded'; readonly windows: readonly BusinessDate[] }
  /** Another delivery would end the same way. */
  | { readonly end: 'refused'; readonly reason: Reason }
