import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Synthesized, synthesize } from '../../../infra/synth.ts'
import { writeStacks } from '../../../infra/write.ts'
import { fullDeployment } from '../../support/deployment.ts'
import { schemaOf } from '../../support/infra/provider-schema.ts'
import { type ProviderServer, serveProvider } from '../../support/infra/provider-server.ts'

const terraform = spawnSync('terraform', ['version', '-json'], { encoding: 'utf8' })
const isPresent = terraform.status === 0

let folder: string
let provider: ProviderServer
let stacks: readonly Synthesized[]

beforeAll(async () => {
  stacks = synthesize(await fullDeployment())
  folder = await mkdtemp(join(tmpdir(), 'daybreak-terraform-'))
  await writeStacks(stacks, folder)
  await writeFile(join(folder, 'terraform.rc'), '')
  provider = await serveProvider([...new Set(stacks.flatMap(({ json }) => Object.keys(json.resource)))])
})
afterAll(async () => {
  provider.close()
  await rm(folder, { recursive: true })
})

/** Findings of the real Terraform about a stack. The provider is ours, and lives in this process. */
async function validate(stack: string): Promise<{ readonly valid: boolean; readonly said: string }> {
  const env = {
    ...process.env,
    TF_REATTACH_PROVIDERS: provider.reattach,
    TF_CLI_CONFIG_FILE: join(folder, 'terraform.rc'),
    CHECKPOINT_DISABLE: '1',
  }
  const child = spawn('terraform', [`-chdir=${join(folder, stack)}`, 'validate', '-json', '-no-color'], { env })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { valid: code === 0, said: Buffer.concat(chunks).toString('utf8') }
}

const NAMES = [
  'foundation',
  'keys',
  'network',
  'storage',
  'warehouse',
  'secrets',
  'ledger',
  'registry',
  'metrics',
  'compute',
  'messaging',
  'schedule',
  'observability',
  'budget',
  'perimeter',
]

it('every stack is validated below', () => {
  expect(stacks.map(({ name }) => name)).toEqual(NAMES)
})

describe.runIf(isPresent)('terraform validate', () => {
  it.each(NAMES)('finds nothing wrong with %s', async (name) => {
    const { valid, said } = await validate(name)
    expect(said).not.toContain('"error_count": 1')
    expect(valid, said).toBe(true)
  })

  it.each([
    ['an attribute that the resource does not have', { name: 'x', location: 'US', colour: 'red' }, 'colour'],
    ['a required attribute that is absent', { name: 'x' }, 'location'],
    ['a number where a truth value belongs', { name: 'x', location: 'US', force_destroy: 7 }, 'force_destroy'],
    [
      'two of a block that there is one of',
      { name: 'x', location: 'US', versioning: [{ enabled: true }, { enabled: true }] },
      'versioning',
    ],
    ['a reference to nothing', { name: '${google_storage_bucket.none.name}', location: 'US' }, 'none'],
  ])('sees %s', async (what, bucket, named) => {
    const broken = `broken-${named}`
    const [first] = stacks
    const json = { ...first!.json, resource: { google_storage_bucket: { b: bucket } } }
    await writeStacks([{ name: broken, json }], folder)
    const { valid, said } = await validate(broken)
    expect(valid, what).toBe(false)
    expect(said).toContain(named)
  })
})

it.skipIf(isPresent)('terraform validate: skipped, there is no terraform on this machine', () => {})

describe('the schemas of the stub provider', () => {
  it('know what the bindings know: required, blocks, how many, types', () => {
    const { attributes, blocks } = schemaOf('google_pubsub_subscription')
    expect(attributes.find(({ name }) => name === 'topic')).toMatchObject({ required: true, type: 'string' })
    expect(attributes.find(({ name }) => name === 'labels')).toMatchObject({ optional: true, type: ['map', 'string'] })
    expect(blocks.find(({ name }) => name === 'push_config')).toMatchObject({ most: 1, least: 0, nesting: 'LIST' })
    expect(blocks.find(({ name }) => name === 'message_transforms')).toMatchObject({ most: 0 })
    expect(schemaOf('google_cloud_run_v2_service').blocks.find(({ name }) => name === 'template')).toMatchObject({
      least: 1,
    })
  })

  it('have attributes for every type that the stacks use', () => {
    for (const type of new Set(stacks.flatMap(({ json }) => Object.keys(json.resource)))) {
      expect(schemaOf(type).attributes.length, type).toBeGreaterThan(1)
    }
  })
})
