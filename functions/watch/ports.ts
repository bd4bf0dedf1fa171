import type { NotifyConfig } from '../config/notify-config.ts'
import type { ModelSources } from '../notify/effects.ts'
import type { Notifier } from '../notify/ports.ts'
import type { PipelineDefinition } from '../pipeline/definition.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'
import type { Ports } from '../pipeline/ports.ts'
import type { WatchMemory } from './memory.ts'

/** Everything that a pass of the watch works with. */
export interface WatchPorts extends Pick<Ports, 'clock' | 'log' | 'newId'> {
  readonly ledger: PeopleLedger
  readonly definitions: ReadonlyMap<string, PipelineDefinition>
  /** Streams that each model is made of. */
  readonly modelSources: ModelSources
  readonly config: NotifyConfig
  /** Name of the environment: part of every thread. */
  readonly environment: string
  /** Opens a channel of the configuration. Each pass opens those it needs, so that a rotated secret is used. */
  readonly openChannel: (name: string) => Promise<Notifier>
  /** Rows that this process knows from the passes before. */
  readonly memory: WatchMemory
  /** Tells a dead man's switch outside that a pass is complete; null without one. */
  readonly heartbeat: (() => Promise<void>) | null
  /** From 0 to below 1, so that many messages do not come back at the same moment. */
  readonly random: () => number
}
