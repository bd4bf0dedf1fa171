import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { effective, preparePartitions, ROWS, STREAMS } from '../support/move-rows.ts'

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

interface Mover {
  readonly child: ChildProcess
  /** Moves it said were applied. */
  readonly moved: () => number
  readonly conflicts: () => number
  readonly exit: Promise<unknown>
}

function startMover(name: string, moves: number, onMove: (mover: Mover) => void = () => {}): Mover {
  const program = join(import.meta.dirname, '../support/ledger-mover.ts')
  const child = spawn(process.execPath, [program, path, `${moves}`, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  let moved = 0
  let conflicts = 0
  const mover = { child, moved: () => moved, conflicts: () => conflicts, exit: once(child, 'exit') }
  createInterface(child.stdout!).on('line', (line) => {
    const [word, count] = line.split(' ')
    if (word === 'conflicts') conflicts = Number(count)
    else moved = Number(count)
    onMove(mover)
  })
  return mover
}

interface Found {
  readonly rows: number
  readonly changes: number
  readonly moves: number
  readonly victim: number
  readonly bystander: number
}

/** Whatever happened, rows were neither made nor lost, and each move is on record whole. One statement sees one moment. */
function inspect(): Found {
  using database = new DatabaseSync(path)
  expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  const count = (actor: string) => `(select count(*) from audit where actor = '${actor}') as ${actor}`
  const moves = '(select count(*) from audit) as moves'
  const query = `select sum(rows) as rows, sum(version - 1) as changes, ${moves}, ${count('victim')}, ${count('bystander')} from partitions`
  const found = database.prepare(query).get() as unknown as Found
  expect(found).toMatchObject({ rows: STREAMS.length * ROWS, changes: 2 * found.moves })
  return found
}

it('two processes that change the same rows lose no change and make none up (fault 51: the same work at once)', async () => {
  const movers = ['ann', 'bob'].map((name) => startMover(name, 400))
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
  const bystander = startMover('bystander', 1_000_000)
  let before = 0
  for (const killAfter of [1, 3, 9, 27, 81]) {
    const victim = startMover('victim', 1_000_000, ({ child, moved }) => {
      if (moved() === killAfter) child.kill('SIGKILL')
    })
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
