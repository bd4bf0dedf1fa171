import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { writeTree } from '../../mock/tree.ts'
import { SOAK, sampleOf } from '../support/draws.ts'
import { seeded } from '../support/seeded.ts'
import type { FinalState } from '../support/world.ts'
import { createHome, settledState, startImport, untilFiles } from './child.ts'
import { differences } from './differences.ts'

const LOCATIONS = [
  { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  { id: '185002', name: 'Central', timeZone: 'America/Chicago', closeoutHour: 5 },
]
const DATES = ['2025-02-05', '2025-02-06']
const STREAMS = ['order_details', 'payment_details']
const scope = { windows: DATES, shards: LOCATIONS.map(({ id }) => id), streams: STREAMS }

let folder: string
let tree: string
let transformer: Transformer
let undisturbed: FinalState
/** Milliseconds that an undisturbed import takes. */
let length: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-kill-'))
  tree = join(folder, 'tree')
  writeTree({ out: tree, locations: LOCATIONS, startDate: DATES[0]!, days: 2, seed: 5, profile: 'small', scale: 0.2 })
  transformer = await openDuckdbTransformer({
    lanes: 1,

    memoryLimit: '256MB',
    tempDir: folder,
  })
  const home = await createHome(join(folder, 'undisturbed'))
  const started = performance.now()
  expect(await importing(home).ended).toMatchObject({ code: 0 })
  length = performance.now() - started
  undisturbed = (await settledState({ home, tree, scope }, transformer)).state
})
afterAll(async () => {
  await transformer.close()
  await rm(folder, { recursive: true, force: true })
})

let homes = 0
const importing = (home: string) => startImport(tree, home, STREAMS)
const newHome = () => createHome(join(folder, `home-${++homes}`))

/** Imports until it succeeds, and gives in what the end differs from that of an undisturbed import. */
async function finish(home: string): Promise<readonly string[]> {
  const ended = await importing(home).ended
  if (ended.code !== 0) return [`the import after it ended with ${ended.code ?? ended.signal}: ${ended.stderr}`]
  const { run, state } = await settledState({ home, tree, scope }, transformer)
  await rm(home, { recursive: true, force: true })
  return [
    ...(run.state === 'succeeded' ? [] : [`the run after it was ${run.state}`]),
    ...differences(state, undisturbed),
  ]
}

/** Something on the disk that says how far an import has come. */
const EFFECTS = [
  { has: 'ledger.sqlite-wal', count: 1 },
  { has: '/raw/', count: 8 },
  { has: 'work-', count: 3 },
  { has: '/parts/', count: 12 },
  { has: '/parts/', count: 22 },
  { has: 'warehouse.duckdb.wal', count: 1 },
  { has: '/manifests/', count: 4 },
  { has: '/manifests/', count: 9 },
]

/** A home whose import was killed as soon as the files were there. An import that was faster is not counted. */
async function killedAt(effect: { has: string; count: number }): Promise<string> {
  for (let attempt = 1; attempt <= 4; attempt++) {
    const home = await newHome()
    const child = importing(home)
    await untilFiles(home, effect, child.ended)
    child.kill('SIGKILL')
    if ((await child.ended).signal === 'SIGKILL') return home
  }
  throw new Error(`no import lived long enough to be killed at file ${effect.count} of ${effect.has}`)
}

/** A home whose import was killed while builds were sent and not done. */
async function killedInBuild(): Promise<string> {
  const home = await newHome()
  const child = importing(home)
  let ended = false
  void child.ended.then(() => {
    ended = true
  })
  while (!ended && !hasSentBuild(home)) await sleep(2)
  child.kill('SIGKILL')
  if ((await child.ended).signal !== 'SIGKILL') throw new Error('no import was seen with a build under way')
  return home
}

function hasSentBuild(home: string): boolean {
  const path = join(home, 'ledger.sqlite')
  if (!existsSync(path)) return false
  const ledger = new DatabaseSync(path, { readOnly: true })
  try {
    const [row] = ledger
      .prepare(
        "SELECT count(*) AS builds FROM messages WHERE kind = 'build' AND state = 'pending' AND sent_at IS NOT NULL",
      )
      .all()
    return Number(row?.['builds']) > 0
  } catch {
    // Its tables are not there yet, or it is being opened.
    return false
  } finally {
    ledger.close()
  }
}

describe('fault 59: an import that is killed', () => {
  it('leaves no build open when it is started again at once after it died in one', async () => {
    expect(await finish(await killedInBuild())).toEqual([])
  })

  it.each(sampleOf(EFFECTS, 4))(
    'ends well when it is started again after it died at file $count of $has',
    async ({ has, count }) => {
      const home = await killedAt({ has, count })
      expect(await finish(home)).toEqual([])
    },
  )

  it.each(Array.from({ length: SOAK ? 60 : 1 }, (_, index) => index + 1))(
    'ends well when it is started again after it died twice at random, seed %i',
    async (seed) => {
      const random = seeded(seed)
      const home = await newHome()
      for (let time = 1; time <= 2; time++) {
        const child = importing(home)
        await Promise.race([sleep(random() * length), child.ended])
        child.kill('SIGKILL')
        await child.ended
      }
      expect(await finish(home)).toEqual([])
    },
  )
})

describe('two imports of one home at once', () => {
  it.each(SOAK ? [1, 2, 3, 4, 5, 6] : [1])('both end well, or say who was busy, try %i', async (attempt) => {
    const home = await newHome()
    const first = importing(home)
    await sleep(attempt * 300 - 300)
    const second = importing(home)
    for (const { code, stderr } of await Promise.all([first.ended, second.ended])) {
      if (code !== 0) expect(stderr).toMatch(/WAREHOUSE_BUSY|LEDGER_BUSY/)
    }
    expect(await finish(home)).toEqual([])
  })
})

describe('an import that is stopped', () => {
  const signals = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const
  it.each(SOAK ? signals : signals.slice(0, 1))(
    'by %s ends with %i, and the next one brings the rest',
    async (signal, code) => {
      const home = await newHome()
      const child = importing(home)
      await untilFiles(home, { has: '/raw/', count: 2 }, child.ended)
      child.kill(signal)
      expect(await child.ended).toMatchObject({ code })
      expect(await finish(home)).toEqual([])
    },
  )
})
