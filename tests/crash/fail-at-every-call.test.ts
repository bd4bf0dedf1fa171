import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { SOAK } from '../support/draws.ts'
import { type Failing, failAt, type Planted } from '../support/fail-at.ts'
import { type FinalState, finalState } from '../support/world.ts'
import { differences } from './differences.ts'
import { rememberParts } from './remembered.ts'
import { continued, type Recovery, STEPS, tellStep, tellUndisturbed, type Undisturbed } from './story.ts'

/** `npm run soak` makes every call fail in every way. The suite makes each call of the first step fail in one way, and some of the others. */
const WAYS: readonly Failing[] = ['once', 'lost', 'forever']
const RECOVERIES: readonly Recovery[] = ['again', 'takeOver']

let transformer: Transformer
beforeAll(async () => {
  const options = { lanes: 1, memoryLimit: '256MB', tempDir: tmpdir() }
  transformer = rememberParts(await openDuckdbTransformer(options))
})
afterAll(() => transformer.close())

/** Tells one step with failures planted. */
async function tellBroken(
  undisturbed: Undisturbed,
  step: number,
  how: { readonly plants: readonly Planted[]; readonly recovery?: Recovery },
): Promise<FinalState> {
  const { world } = await continued(undisturbed.chapters[step]!, transformer)
  try {
    await tellStep(world, step, how)
    return await finalState(world)
  } finally {
    await world.close()
  }
}

const STORY = STEPS.map((_, step) => ({
  step,
  name: ['a night', 'its correction', 'a correction taken back'][step]!,
}))

interface Case {
  readonly step: number
  readonly recovery: Recovery
  /** One for each run, the first one first. */
  readonly failures: readonly { readonly nth: number; readonly how: Failing }[]
}

/** How many calls an undisturbed step makes. */
async function countCalls(undisturbed: Undisturbed, step: number): Promise<number> {
  const planted = failAt(Number.POSITIVE_INFINITY, 'once')
  await tellBroken(undisturbed, step, { plants: [planted] })
  return planted.calls().length
}

/** Tells all cases, a few at a time, since they mostly wait for the disk. Gives what went wrong, case by case. */
async function tellAll(undisturbed: Undisturbed, cases: readonly Case[]): Promise<readonly string[]> {
  const found: string[] = []
  const open = [...cases]
  const lane = async () => {
    for (let next = open.shift(); next; next = open.shift()) {
      const plants = next.failures.map(({ nth, how }) => failAt(nth, how))
      const state = await tellBroken(undisturbed, next.step, { plants, recovery: next.recovery })
      const wrong = differences(state, undisturbed.chapters[next.step + 1]!.state)
      const where = next.failures.map(({ nth, how }, index) => `call ${nth} (${plants[index]!.failed()}) ${how}`)
      if (wrong.length > 0)
        found.push(`step ${next.step}, ${where.join(', then ')}, ${next.recovery}: ${wrong.join(', ')}`)
    }
  }
  await Promise.all(Array.from({ length: 4 }, lane))
  return found.toSorted()
}

const everyCall = (calls: number, ways = WAYS) =>
  Array.from({ length: calls }, (_, index) => ways.map((how) => ({ nth: index + 1, how }))).flat()

describe.each([
  { where: 'a warehouse far away', simulated: true, one: SOAK ? [1, 1, 1] : [17, 97, 97] },
  { where: 'the warehouse of this disk', simulated: false, one: SOAK ? [5, 5, 5] : [361, 481, 481] },
])('in $where', ({ simulated, one }) => {
  let undisturbed: Undisturbed
  beforeAll(async () => {
    undisturbed = await tellUndisturbed(transformer, { simulated })
  })
  afterAll(() => undisturbed.close())

  it.each(STORY)(
    '$name ends the same whichever call fails once, with its answer lost, or for ever',
    async ({ step }) => {
      const calls = await countCalls(undisturbed, step)
      expect(calls, 'places where it was made to fail').toBeGreaterThan(70)
      const cases = everyCall(calls).flatMap((failure) =>
        RECOVERIES.map((recovery) => ({ step, recovery, failures: [failure] })),
      )
      expect(await tellAll(undisturbed, everyNth(cases, one[step]!))).toEqual([])
    },
  )
})

describe('killed twice', () => {
  let undisturbed: Undisturbed
  beforeAll(async () => {
    undisturbed = await tellUndisturbed(transformer, { simulated: true })
  })
  afterAll(() => undisturbed.close())

  it.each(STORY)(
    '$name ends the same, wherever it was killed and wherever what took it up was killed again',
    async ({ step }) => {
      const calls = await countCalls(undisturbed, step)
      const killed = everyCall(calls, ['forever'])
      const cases = killed.flatMap((first) =>
        killed.map((second) => ({ step, recovery: 'takeOver' as const, failures: [first, second] })),
      )
      // All ten thousand pairs are an hour; one in 31 meets each first call with three others.
      expect(await tellAll(undisturbed, everyNth(cases, SOAK ? 31 : 4801))).toEqual([])
    },
  )
})

/** One in n, from the first on. Prime to the numbers of ways and recoveries, so that each is taken. */
function everyNth<Item>(items: readonly Item[], n: number): readonly Item[] {
  return items.filter((_, index) => index % n === 0)
}
