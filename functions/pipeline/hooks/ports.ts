import type { Hook, PipelineHooks, ScriptHook } from '../../config/hooks-config.ts'

/** Facts about the work. Its JSON is the body of a request, and the line that a script reads. */
export interface HookEvent {
  readonly v: 1
  readonly hook: string
  readonly pipeline: string
  readonly run: string
  /** Of a run before its end is recorded. */
  readonly state?: string
  readonly stream?: string
  readonly window?: string
  readonly shard?: string
  /** The same for every attempt to write the window. */
  readonly load_id?: string
  readonly counts?: Readonly<Record<string, number>>
  /** From 1; larger after a failure within the same work. */
  readonly attempt: number
}

/** A hook that is called, and the facts for it. */
export interface HookCall<Of extends Hook = Hook> {
  readonly hook: Of
  readonly event: HookEvent
  /** The same for every call of the hook about the same thing. */
  readonly key: string
}

/** A row as a script gets it: text or null by the names of the destination. */
export type HookRow = Readonly<Record<string, string | null>>

/** A row that a script gave back, or its reason against it. */
export type HookAnswer = { readonly row: HookRow } | { readonly reject: string }

/** Calls hooks, each once: retries and failures are the caller's. */
export interface HookCaller {
  /** @throws {DaybreakError} HOOK_FAILED, HOOK_PROTOCOL, HOOK_REFUSED. */
  call(call: HookCall, signal?: AbortSignal): Promise<void>
  /** Sends rows to a script, and gives its answers in their order. Throws as `call` does. */
  rows(call: HookCall<ScriptHook>, rows: readonly HookRow[], signal?: AbortSignal): Promise<readonly HookAnswer[]>
  /** A hash of the script and its arguments. */
  hashOf(hook: ScriptHook): Promise<string>
}

/** Calls the hooks of a project. */
export interface PipelineHookCaller extends HookCaller {
  /** The hooks of a pipeline; null for one without any. */
  readonly hooksOf: (pipeline: string) => PipelineHooks | null
}
