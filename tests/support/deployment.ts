import { loadProject } from '../../functions/config/project.ts'
import { type Deployment, deploymentOf } from '../../infra/deployment.ts'
import { type Synthesized, synthesize } from '../../infra/synth.ts'

export const CLOUD_ENVIRONMENTS = ['dev', 'staging', 'prod'] as const

/** The deployment of an environment file of this project, without anything from this process's environment. */
export async function deploymentFor(environment: string): Promise<Deployment> {
  return deploymentOf(await loadProject({ projectDir: process.cwd(), environment, env: {} }))
}

/** Everything that can be switched on, whatever the environment file says: what the strictest tests look at. */
export async function fullDeployment(): Promise<Deployment> {
  const prod = await deploymentFor('prod')
  const infra = {
    ...prod.infra,
    encryption_keys: true,
    access_policy: '123456789',
    private_readers: ['group:finance@example.com'],
    partition_expiration: '800d',
    raw_delete_after: '2000d',
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
