import { beforeAll, describe, expect, it } from 'vitest'
import type { Deployment } from '../../../infra/deployment.ts'
import { checkPolicy } from '../../../infra/policy/check-policy.ts'
import { type Synthesized, synthesize } from '../../../infra/synth.ts'
import { CLOUD_ENVIRONMENTS, deploymentFor, fullDeployment } from '../../support/deployment.ts'
import { sampleOf } from '../../support/draws.ts'
import { mutantsOf } from '../../support/infra/mutants.ts'

/** Words for people. What they say changes nothing that is deployed. */
const WORDS = /\.(description|display_name|title|documentation\.subject)$/
/** How long an answer of the private zone is remembered: any value works, some a little later. */
const HARMLESS = ['google_dns_record_set.ttl']

let full: Deployment
let stacks: readonly Synthesized[]
beforeAll(async () => {
  full = await fullDeployment()
  stacks = synthesize(full)
})

it.each(CLOUD_ENVIRONMENTS)('finds nothing wrong with %s', async (environment) => {
  const deployment = await deploymentFor(environment)
  expect(checkPolicy(synthesize(deployment), deployment)).toEqual([])
})

it('finds nothing wrong with everything switched on, and with an external ledger', async () => {
  expect(checkPolicy(stacks, full)).toEqual([])
  const elsewhere = { ...full, ledger: { ...full.ledger, host: 'db.example.com' } }
  expect(checkPolicy(synthesize(elsewhere), elsewhere)).toEqual([])
})

it('catches every binding, setting or resource that is removed or changed, one at a time', () => {
  const mutants = [...mutantsOf(stacks)]
  const tried = sampleOf(mutants, 3)
  const seen = { words: 0 }
  const survivors: string[] = []
  for (const mutant of tried) {
    if (checkPolicy(mutant.stacks, full).length > 0) continue
    if (WORDS.test(mutant.setting) || HARMLESS.includes(mutant.setting)) seen.words++
    else survivors.push(mutant.name)
  }
  expect(survivors).toEqual([])
  expect(mutants.length, 'mutants').toBeGreaterThan(6_000)
  expect(seen.words, 'mutants that only say something else').toBeLessThan(tried.length / 20)
})

describe('what is added is caught as well', () => {
  const withResource = (type: string, id: string, attributes: Record<string, string>) =>
    stacks.map((stack) =>
      stack.name === 'storage'
        ? {
            ...stack,
            json: {
              ...stack.json,
              resource: { ...stack.json.resource, [type]: { ...stack.json.resource[type], [id]: attributes } },
            },
          }
        : stack,
    )
  const bucket = 'example-daybreak-prod-raw'

  it.each([
    ['everybody', { bucket, role: 'roles/storage.objectViewer', member: 'allUsers' }, 'open to everybody'],
    [
      'everybody with an account',
      { bucket, role: 'roles/storage.objectViewer', member: 'allAuthenticatedUsers' },
      'open to everybody',
    ],
    ['an editor', { bucket, role: 'roles/editor', member: 'group:analysts@example.com' }, 'primitive role'],
    [
      'an administrator',
      { bucket, role: 'roles/storage.admin', member: 'group:analysts@example.com' },
      'only apply may',
    ],
    [
      'a grant that no list has',
      { bucket, role: 'roles/storage.objectViewer', member: 'group:analysts@example.com' },
      'does not list',
    ],
  ])('%s', (_, attributes, message) => {
    const problems = checkPolicy(withResource('google_storage_bucket_iam_member', 'x', attributes), full)
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message)
  })

  it('a binding that takes away what others granted', () => {
    const added = withResource('google_storage_bucket_iam_binding', 'x', { bucket, role: 'roles/storage.objectViewer' })
    expect(
      checkPolicy(added, full)
        .map(({ message }) => message)
        .join('\n'),
    ).toContain('use a member')
  })

  it('an unexpected resource', () => {
    const added = withResource('google_storage_bucket', 'x', { name: 'example-scratch' })
    expect(checkPolicy(added, full).map(({ message }) => message)).toContain(
      'the policy does not list google_storage_bucket example-scratch',
    )
  })
})

it.each([
  ['topic', 'roles/pubsub.publisher', 'google_pubsub_topic_iam_member'],
  ['subscription', 'roles/pubsub.subscriber', 'google_pubsub_subscription_iam_member'],
])('fault 55: a dead letter whose %s Pub/Sub may not use is not synthesised', (_, role, type) => {
  const gone = [...mutantsOf(stacks)].filter(
    ({ name, setting }) => setting === type && /agent-pubsub-.* is gone$/.test(name),
  )
  expect(gone).toHaveLength(Object.keys(full.topics).length)
  for (const mutant of gone) {
    const [problem, ...others] = checkPolicy(mutant.stacks, full)
    expect(problem?.message).toMatch(
      `no resource declares serviceAccount:service-000000000000@gcp-sa-pubsub.iam.gserviceaccount.com ${role}`,
    )
    expect(others).toEqual([])
  }
})
