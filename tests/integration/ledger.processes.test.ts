import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { effective, preparePartitions, ROWS, STREAMS } from '../support/move-rows.ts'
import { type MoverProcess, startMover } from '../support/mover.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-ledger-'))
  path = join(folder, 'ledger.sqlite')
  const ledger = await openSqliteLedger({ path })
  await preparePartitions(ledger)
  await ledger.close()
})
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

function start(name: string, moves: number, onMove?: (mover: MoverProcess) => void): MoverProcess {
  const mover = startMover(path, moves, name, onMove)
  children.push(mover.child)
  return mover
}

interface Found {
  readonly rows: number
  readonly changes: number
  readonly moves: number
  readonly victim: number
  readonly bystander: number
}

/** After any course of events rows were neither made nor lost, and each move is on record whole. One statement sees one moment. */
function inspect(): Found {
  using database = new DatabaseSync(path)
  expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  const count = (actor: string) => `(select count(*) from audit where actor = '${actor}') as ${actor}`
  const moves = '(select count(*) from audit) as moves'
  const query = `select sum(rows) as rows, sum(version - 1) as changes, ${moves}, ${count('victim')}, ${count('bystander')} from partitions`
  const found: Found = database.prepare(query).get() as never
  expect(found).toMatchObject({ rows: STREAMS.length * ROWS, changes: 2 * found.moves })
  return found
}

it('two processes that change the same rows lose no change and make none up (fault 51: the same work at once)', async () => {
  const movers = ['ann', 'bob'].map((name) => start(name, 400))
  await Promise.all(movers.map(({ ready }) => ready))
  for (const { go } of movers) go()
  expect(await Promise.all(movers.map(({ exit }) => exit))).toEqual([
    [0, null],
    [0, null],
  ])
  expect(inspect().moves).toBe(2 * effective(400))
  expect(
    movers.map(({ conflicts }) => conflicts()).reduce((a, b) => a + b),
    'that they met at all',
  ).toBeGreaterThan(0)
})

it('a writer killed at any moment leaves a whole ledger, with every change it was told of (fault 59)', async () => {
  const bystander = start('bystander', 1_000_000)
  bystander.go()
  let before = 0
  for (const killAfter of [1, 3, 9, 27, 81]) {
    const victim = start('victim', 1_000_000, ({ child, moved }) => {
      if (moved() === killAfter) child.kill('SIGKILL')
    })
    victim.go()
    expect(await victim.exit).toEqual([null, 'SIGKILL'])
    const { victim: applied } = inspect()
    expect(applied - before, `moves of those told, killed at ${killAfter}`).toBeGreaterThanOrEqual(
      effective(victim.moved()),
    )
    before = applied
  }
  bystander.child.kill('SIGKILL')
  await bystander.exit
  expect(inspect().bystander).toBeGreaterThanOrEqual(effective(bystander.moved()))
})
