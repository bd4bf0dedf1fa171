import type { Request } from '@google-cloud/functions-framework'
import type { CatalogFiles } from '../catalog/entry.ts'
import type { ChannelConfig } from '../config/notify-config.ts'
import type { Project } from '../config/project.ts'
import type { SignedIn } from '../http/session.ts'
import type { LineageGraph } from '../models/lineage/graph.ts'
import type { StaticEvent } from '../models/lineage/static-events.ts'
import type { ModelSet } from '../models/model-set.ts'
import type { ModelChange } from '../models/plan.ts'
import type { Message } from '../notify/message.ts'
import type { Recipient } from '../notify/ports.ts'
import type { AsOfAnswer, AsOfRequest } from '../pipeline/build/as-of.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { Instant, Run } from '../pipeline/entities.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'
import type { Log, LogEntry, Ports, Question, Reader } from '../pipeline/ports.ts'
import type { CompareAsked, ComparedPipeline } from '../pipeline/tables/compare.ts'
import type { ConnectionTest } from '../pipeline/tables/ports.ts'
import type { PartRows } from '../pipeline/views/slice-diff.ts'
import type { RunRequest } from '../pipeline/work/run.ts'
import type { Limits } from './limits.ts'

/** Proves who sends requests, and begins and ends sessions. */
export interface Authentication {
  /** Refuses a request that a page of another origin or a proxy sent. @throws {DaybreakError} REQUEST_FOREIGN. */
  expectNative(request: Request): void
  /** @throws {DaybreakError} REQUEST_FOREIGN, UNAUTHENTICATED, FORBIDDEN. */
  authenticate(request: Request): Promise<SignedIn>
  /** Changes a one-time token for a session. @throws {DaybreakError} UNAUTHENTICATED, NOT_FOUND without sessions. */
  enter(token: string): { readonly principal: SignedIn; readonly cookie: string }
  /** Makes a one-time token. @throws {DaybreakError} NOT_FOUND without sessions. */
  issue(): string
  /** Gives the cookie that ends the session. */
  leave(request: Request): string | null
}

/** Makes API tokens, and shows the keys that prove them. */
export interface TokenSigner {
  sign(claims: { readonly id: string; readonly subject: string; readonly expiresAt: Instant }): Promise<string>
  publicKeys(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>
}

/** A line of a log with its time. */
export interface LoggedLine extends LogEntry {
  readonly at: number
}

/** Lines that were logged about a run, oldest first. */
export interface RunLog {
  read(runId: string): AsyncIterable<LoggedLine>
  /** Address of the same log at its service; null for files. */
  link(runId: string): string | null
}

/** Everything that the routes of the API work with. */
export interface ApiContext {
  readonly project: Project
  readonly definitions: ReadonlyMap<string, PipelineDefinition>
  readonly ports: Ports
  readonly ledger: PeopleLedger
  readonly authentication: Authentication
  /** Null where no key signs API tokens. */
  readonly tokens: TokenSigner | null
  readonly limits: Limits
  readonly maxBodyBytes: number
  readonly version: string
  readonly log: Log
  readonly now: () => number
  /** Runs the work so that its log lines name the request. */
  readonly traced: <Result>(request: Request, work: () => Promise<Result>) => Promise<Result>
  /** Aborts when the process is about to end. */
  readonly stopping: AbortSignal
  /** Records and sends a run. */
  start(request: RunRequest): Promise<Run>
  /**
   * Models that are built and that the views of an environment of models show, `models` unless told; null where the project has none.
   * @throws {DaybreakError} NOT_FOUND for an environment that shows nothing.
   */
  models(environment?: string): Promise<ModelSet | null>
  /** Environments that show models, `models` first. */
  modelEnvironments(): Promise<readonly string[]>
  /** Changes from the models that are shown to those of the project, with partitions to build and bytes billed for them. */
  planModels(): Promise<readonly (ModelChange & { readonly partitions: number; readonly bytes: number | null })[]>
  /**
   * From the headers of files to exposures, over the models of the project or those that an environment shows.
   * @throws {DaybreakError} CONFIG_INVALID for config/models/exposures.yaml, NOT_FOUND as `models`.
   */
  lineage(environment?: string): Promise<LineageGraph>
  /** The same graph as job and data set events of OpenLineage. @throws {DaybreakError} CONFIG_INVALID as before. */
  lineageEvents(): Promise<readonly StaticEvent[]>
  /** Exposures and glossary of the project. @throws {DaybreakError} CONFIG_INVALID for their files. */
  catalogFiles(): Promise<CatalogFiles>
  /** Records and sends builds of some dates. */
  requestBuilds(windows: readonly string[]): Promise<void>
  /** Reader of the tables of a pipeline, for people. */
  reader(pipeline: string): Promise<Reader>
  /** Problems of the files of the project as they are now. */
  validate(): Promise<readonly { readonly place: string; readonly message: string }[]>
  /** Text of a file of the project. */
  fileText(path: string): Promise<string>
  /** Rows of a part as text. @throws {DaybreakError} OBJECT_MISSING. */
  partRows(object: string): Promise<PartRows>
  /** A partition of a model as it followed from what the tables held at an instant. @throws {DaybreakError} as `modelAsOf`. */
  modelAsOf(request: AsOfRequest): Promise<AsOfAnswer>
  /** Rows of an answer as the bytes of a Parquet file. @throws {DaybreakError} USAGE_INVALID where the tables' system writes none. */
  parquet(reader: Reader, question: Question): AsyncIterable<Uint8Array>
  /** Sends a message through a channel at once, and gives what became of it. */
  sendNow(
    name: string,
    config: ChannelConfig,
    outgoing: { readonly message: Message; readonly recipient: Recipient },
  ): Promise<{ readonly ok: boolean; readonly message: string }>
  /** Connects to a connection of that name, within a time. No answer and no error holds a secret. */
  testConnection(name: string): Promise<ConnectionTest>
  /**
   * Compares both sides of a pipeline within a time. @throws {DaybreakError} QUERY_LIMIT after it, STATE_CONFLICT while another comparison
   * of the pipeline is at work.
   */
  compare(definition: PipelineDefinition, asked: CompareAsked): Promise<ComparedPipeline>
  readonly runLog: RunLog
}
