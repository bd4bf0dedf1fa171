import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { failAt, type Planted } from '../support/fail-at.ts'
import { finalState } from '../support/world.ts'
import { DEFECTS } from './defects.ts'
import { differences } from './differences.ts'
import { rememberParts } from './remembered.ts'
import { continued, STEPS, tellStep, tellUndisturbed, type Undisturbed, type Wrap } from './story.ts'

let transformer: Transformer
let undisturbed: Undisturbed
beforeAll(async () => {
  const options = { lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() }
  transformer = rememberParts(await openDuckdbTransformer(options))
  undisturbed = await tellUndisturbed(transformer, { simulated: true })
})
afterAll(async () => {
  await undisturbed.close()
  await transformer.close()
})

/** In what the story ends differently with a defect in every process; null when it does not. */
async function find(defect: Wrap): Promise<string | null> {
  const { world } = await continued(undisturbed.chapters[0]!, transformer, defect)
  try {
    for (const step of STEPS.keys()) {
      await tellStep(world, step)
      const [found] = differences(await finalState(world), undisturbed.chapters[step + 1]!.state)
      if (found !== undefined) return `step ${step}: ${found}`
    }
    return null
  } finally {
    await world.close()
  }
}

/** In what the first night ends differently when a process with the defect is killed at a call of that name. */
async function findByKilling(defect: Wrap, name: string): Promise<string | null> {
  const counting = failAt(Number.POSITIVE_INFINITY, 'once')
  await tellFirst(defect, counting)
  for (const [index, call] of counting.calls().entries()) {
    if (call !== name) continue
    const [found] = await tellFirst(defect, failAt(index + 1, 'forever'))
    if (found !== undefined) return `killed at call ${index + 1}: ${found}`
  }
  return null
}

async function tellFirst(defect: Wrap, planted: Planted): Promise<readonly string[]> {
  const { world } = await continued(undisturbed.chapters[0]!, transformer, defect)
  try {
    await tellStep(world, 0, { plants: [planted], recovery: 'takeOver' })
    return differences(await finalState(world), undisturbed.chapters[1]!.state)
  } finally {
    await world.close()
  }
}

describe('the harness', () => {
  it('finds nothing where nothing is planted', async () => {
    const sound: Wrap = (ports) => ports
    expect([await find(sound), await findByKilling(sound, 'queue.publish')]).toEqual([null, null])
  })

  it.each(DEFECTS.filter(({ killedAt }) => killedAt === null))('finds $name', async ({ plant }) => {
    expect(await find(plant)).not.toBeNull()
  })

  it.each(DEFECTS.filter(({ killedAt }) => killedAt !== null))(
    'finds $name, and only by killing',
    async ({ plant, killedAt }) => {
      expect(await find(plant)).toBeNull()
      expect(await findByKilling(plant, killedAt ?? '')).not.toBeNull()
    },
  )
})
