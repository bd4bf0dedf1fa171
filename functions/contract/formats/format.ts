import type { Contract, CrossCheck } from '../contract.ts'
import type { Streams } from '../references.ts'

/** Contracts of one pipeline that are exported together. */
export interface ContractSet {
  /** Also the schema of the tables. */
  readonly pipeline: string
  /** Those to be exported; each comes after those that it refers to. */
  readonly contracts: readonly Contract[]
  /** All of the pipeline, by stream. */
  readonly streams: Streams
  /** Checks over several streams. */
  readonly checks: readonly CrossCheck[]
  /** Those that show something of the pipeline. */
  readonly exposures: readonly SetExposure[]
}

/** A page or export that people look at, as formats name it. */
export interface SetExposure {
  readonly name: string
  readonly title: string
  readonly kind: 'page' | 'export' | 'mail' | 'notebook' | 'application'
  readonly description: string
  readonly owner?: string | undefined
  readonly url?: string | undefined
  /** Tables that it reads, such as `toast.order_details` or `models.daily_sales`. */
  readonly reads: readonly { readonly table: string }[]
}

/** A file of an export: its path below the folder of the export, and what it holds. */
export interface ExportedFile {
  readonly path: string
  readonly content:
    | { readonly kind: 'json' | 'yaml'; readonly value: unknown }
    | { readonly kind: 'text'; readonly text: string }
}

/** A form in which other tools read contracts. */
export interface ContractFormat {
  /** As `contract export` takes it. */
  readonly name: string
  /** One sentence for the help. */
  readonly description: string
  readonly export: (set: ContractSet) => readonly ExportedFile[]
}

/** An object without the members that are undefined. */
export function present<T extends object>(members: T): Partial<T> {
  const kept: Partial<T> = {}
  for (const key in members) if (members[key] !== undefined) kept[key] = members[key]
  return kept
}
