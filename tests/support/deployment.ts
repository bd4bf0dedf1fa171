import { LocationsConfig } from '../../functions/config/config.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { loadProject } from '../../functions/config/project.ts'
import type { Deployment } from '../../infra/deployment.ts'
import { deploymentOf } from '../../infra/deployment-of.ts'
import { type Synthesized, synthesize } from '../../infra/synth.ts'

export const CLOUD_ENVIRONMENTS = ['dev', 'staging', 'prod'] as const

/** Restaurants in three zones, since a project's own configuration starts without any. */
const { locations: LOCATIONS } = LocationsConfig.parse({
  version: 1,
  locations: [
    { id: '1001', name: 'East', time_zone: 'America/New_York' },
    { id: '1002', name: 'Central', time_zone: 'America/Chicago', closeout_hour: 5 },
    { id: '1003', name: 'West', time_zone: 'America/Los_Angeles' },
  ],
})

/**
 * The deployment of an environment file of this project, without anything from this process's environment, for restaurants
 * in three zones.
 */
export async function deploymentFor(environment: string, locations = LOCATIONS): Promise<Deployment> {
  const project = await loadProject({ projectDir: process.cwd(), environment, env: {} })
  return deploymentOf({ ...project, locations: { version: 1, locations } })
}

/** A config/notify.yaml with these channels. */
export function notifyWith(channels: Readonly<Record<string, object>>): NotifyConfig {
  return NotifyConfig.parse({ version: 1, channels })
}

/** The same deployment with a config/notify.yaml. */
export function withNotify({ project }: Deployment, notify: NotifyConfig): Deployment {
  return deploymentOf({ ...project, notify })
}

const CHANNELS = {
  ops: { kind: 'slack', channel: '#daybreak', token: 'secret://slack' },
  pager: { kind: 'pagerduty', key: 'secret://pagerduty' },
  mail: { kind: 'email', smtp: 'secret://smtp', from: 'Daybreak <daybreak@example.com>' },
}

/** The environment `prod` with every optional resource, for the strictest tests. */
export async function fullDeployment(): Promise<Deployment> {
  const prod = withNotify(await deploymentFor('prod'), notifyWith(CHANNELS))
  const infra = {
    ...prod.infra,
    encryptionKeys: true,
    accessPolicy: '123456789',
    privateReaders: ['group:finance@example.com'],
    people: ['group:managers@example.com'],
    partitionExpiration: '800d',
    rawDeleteAfter: '2000d',
    ledger: { ...prod.infra.ledger, regional: true },
  }
  return { ...prod, infra }
}

/** Resources of a type in all stacks, by `stack/id`. */
export function resourcesOf(stacks: readonly Synthesized[], type: string): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    stacks.flatMap(({ name, json }) =>
      Object.entries(json.resource[type] ?? {}).map(([id, attributes]) => [`${name}/${id}`, attributes]),
    ),
  )
}

export { synthesize }
