import type { Daybreak } from '../compose.ts'
import type { NotifyConfig } from '../config/notify-config.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'
import { streamsOfModels } from '../models/order.ts'
import { groupIncidents } from '../watch/group.ts'
import { createMemory, type WatchMemory } from '../watch/memory.ts'
import type { Delivered } from '../watch/outbox.ts'
import { watchPass } from '../watch/pass.ts'
import type { WatchPorts } from '../watch/ports.ts'
import { readNotifyConfig } from '../watch/read-config.ts'
import { openChannel } from './channels.ts'
import { openSecrets } from './secrets.ts'

/** Parts of an open project that the watch looks at. */
type Watched = Pick<Daybreak, 'ports' | 'people' | 'definitions' | 'worker'>

/** The watch of a project with its secrets open. */
export interface Watch {
  readonly ports: WatchPorts
  close(): Promise<void>
}

/** Opens what a pass of the watch works with: the file together with the settings that people made. Close it after the last pass. */
export async function openWatch(
  project: Project,
  { ports, people, definitions, worker }: Watched,
  memory: WatchMemory = createMemory(),
): Promise<Watch> {
  const { clock, log, newId } = ports
  const config = await readNotifyConfig(project, people)
  const secrets = await openSecrets(project, { clock, log })
  return {
    ports: {
      ...{ clock, log, newId, definitions, config, ledger: people, memory, random: Math.random },
      environment: project.environment.environment,
      modelSources: modelSourcesOf(worker),
      heartbeat: heartbeatOf(config, secrets),
      openChannel: async (name) => {
        const channel = config.channels[name]
        if (channel) return await openChannel(name, channel, { secrets, clock })
        throw new DaybreakError(
          'CHANNEL_REFUSED',
          `there is no channel ${JSON.stringify(name)} in config/notify.yaml any more`,
        )
      },
    },
    close: () => secrets.close(),
  }
}

function modelSourcesOf({ models }: Daybreak['worker']): WatchPorts['modelSources'] {
  return models ? streamsOfModels(models.compiled) : new Map()
}

/** Makes one root of the incidents of one cause, where no watch does it every minute. */
export async function groupOpenIncidents({ ports: { clock }, people, definitions, worker }: Watched): Promise<void> {
  await groupIncidents({ clock, ledger: people, definitions, modelSources: modelSourcesOf(worker) })
}

function heartbeatOf({ heartbeat }: NotifyConfig, secrets: Pick<SecretReader, 'read'>): WatchPorts['heartbeat'] {
  if (heartbeat === undefined) return null
  return async () => {
    const { beat } = await import('../adapters/webhook/heartbeat.ts')
    await beat(new TextDecoder().decode(await secrets.read(heartbeat)).trim())
  }
}

/** One pass of the watch. Settings and secrets are read for it alone: a change of either counts from the next minute on. With a memory
 * of the passes before it reads only what changed. */
export async function watchOnce(
  project: Project,
  daybreak: Parameters<typeof openWatch>[1],
  memory?: WatchMemory,
): Promise<Delivered> {
  const { ports, close } = await openWatch(project, daybreak, memory)
  try {
    return await watchPass(ports)
  } finally {
    await close()
  }
}
