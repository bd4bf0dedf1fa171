import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { cp, mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { ERRORS, type ErrorCode } from '../../functions/errors.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { ofTheSeven } from '../support/seven.ts'
import { ROOT } from '../support/world.ts'

const isRoot = process.getuid?.() === 0

let folder: string
let home: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-disk-'))
  home = join(folder, 'home')
  await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true })
  const location = { id: '90984', name: 'One', timeZone: 'America/Chicago', closeoutHour: 4 }
  const night = ofTheSeven(generateNight({ seed: 3, location, date: '2025-02-05', profile: 'small', scale: 0.2 }))
  const path = join(folder, 'exports', '90984', '20250205', 'OrderDetails.csv')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, night.find(({ name }) => name === 'OrderDetails.csv')?.bytes ?? '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The same orders, the first of them served by another person: a correction that changes text only. */
async function correct(): Promise<void> {
  const path = join(folder, 'exports', '90984', '20250205', 'OrderDetails.csv')
  const [header = '', first = '', ...rest] = (await readFile(path, 'utf8')).split('\n')
  const server = header.split(',').indexOf('Server')
  await writeFile(path, [header, first.split(',').with(server, 'Someone Else').join(','), ...rest].join('\n'))
}

/** The clock of this machine, which adds up the sleeps that were not ended early: what is lasting is never waited for. */
function countingClock() {
  let slept = 0
  const sleep = async (milliseconds: number, signal?: AbortSignal) => {
    await systemClock.sleep(milliseconds, signal)
    if (!signal?.aborted) slept += milliseconds
  }
  return { clock: { now: systemClock.now, sleep }, slept: () => slept }
}

const run = (argv: readonly string[], clock = systemClock) =>
  daybreak(argv, { cwd: folder, env: { DAYBREAK_HOME: home }, clock })
const importing = ['import', '--time-zone', 'America/Chicago']

/** Imports, and returns the code of the error that was printed and how long the command waited in all. */
async function failing(): Promise<{ code: number; error: string; text: string; waited: number }> {
  const { clock, slept } = countingClock()
  const { code, stderr, stdout } = await run([...importing, join(folder, 'exports')], clock)
  const text = `${stdout}\n${stderr}`
  const error = Object.keys(ERRORS).find((one) => text.includes(one)) ?? 'none'
  return { code, error: error as ErrorCode, text, waited: slept() }
}

describe('a disk that will refuse the same again', () => {
  it.each([
    { what: 'home is a file', prepare: () => writeFile(home, ''), code: 'CONFIG_INVALID' },
    {
      what: 'the warehouse is a folder',
      prepare: () => mkdir(join(home, 'warehouse.duckdb'), { recursive: true }),
      code: 'CONFIG_INVALID',
    },
    {
      what: 'the ledger is a folder',
      prepare: () => mkdir(join(home, 'ledger.sqlite'), { recursive: true }),
      code: 'CONFIG_INVALID',
    },
    {
      what: 'the folder of objects is a file',
      prepare: async () => {
        await mkdir(home, { recursive: true })
        await writeFile(join(home, 'objects'), '')
      },
      code: 'CONFIG_INVALID',
    },
    {
      what: 'the warehouse holds other bytes',
      prepare: async () => {
        await mkdir(home, { recursive: true })
        await writeFile(join(home, 'warehouse.duckdb'), 'hello world\n'.repeat(1_000))
      },
      code: 'WAREHOUSE_DAMAGED',
    },
    {
      what: 'the ledger holds other bytes',
      prepare: async () => {
        await mkdir(home, { recursive: true })
        await writeFile(join(home, 'ledger.sqlite'), 'hello world\n'.repeat(1_000))
      },
      code: 'LEDGER_DAMAGED',
    },
  ])('is named at once, with its path: $what', async ({ prepare, code }) => {
    await prepare()
    const failed = await failing()
    expect(failed).toMatchObject({ error: code, waited: 0 })
    expect(failed.code).not.toBe(0)
    expect(failed.text).toContain(home)
    expect(failed.text).not.toContain('INTERNAL')
  })

  it.each([
    { what: 'cut off', damage: (path: string) => truncate(path, 12_288) },
    { what: 'emptied', damage: (path: string) => truncate(path, 0) },
    { what: 'overwritten at its head', damage: (path: string) => overwrite(path, 0) },
  ])('is named at once when the warehouse was $what, and its remedy brings all rows back', async ({ damage }) => {
    const exports = join(folder, 'exports')
    expect((await run([...importing, exports])).code).toBe(0)
    const count = async () => (await run(['query', 'select count(*) from toast.order_details', '-o', 'csv'])).stdout
    const before = await count()
    const warehouse = join(home, 'warehouse.duckdb')
    await damage(warehouse)
    await correct()
    expect(await failing()).toMatchObject({ error: 'WAREHOUSE_DAMAGED', waited: 0 })

    await rm(warehouse)
    await rm(`${warehouse}.wal`, { force: true })
    const range = ['--start-date', '2025-02-05', '--end-date', '2025-02-05']
    await run(['backfill', 'toast', ...range, '--from-archive', '--force'])
    expect(await count()).toBe(before)
  })
})

describe.skipIf(!isRoot)(isRoot ? 'a disk without room' : 'a disk without room (skipped: needs root)', () => {
  const mount = async (options: string) => {
    await mkdir(home, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', home])
  }
  afterEach(() => {
    execFileSync('umount', [home])
  })

  it.each([
    { what: 'bytes', options: 'size=300k' },
    { what: 'inodes', options: 'size=50m,nr_inodes=14' },
  ])('is named at once when it is out of $what, and the same command works when there is room', async ({ options }) => {
    await mount(options)
    const failed = await failing()
    expect(failed).toMatchObject({ error: 'STORAGE_FULL', waited: 0 })
    expect(failed.code).not.toBe(0)
    execFileSync('mount', ['-o', 'remount,size=100m,nr_inodes=10000', home])
    expect((await run([...importing, join(folder, 'exports')])).code).toBe(0)
    const count = await run(['query', 'select count(*) > 0 from toast.order_details', '-o', 'csv'])
    expect(count.stdout).toContain('true')
  })
})

async function overwrite(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(Buffer.alloc(8_192, 7), 0, 8_192, at)
  await file.close()
}

const UNPRIVILEGED = 65_534

describe.skipIf(!isRoot)(isRoot ? 'a user without rights' : 'a user without rights (skipped: needs root)', () => {
  const give = (owner: number) => execFileSync('chown', ['-R', String(owner), folder])
  const asNobody = (argv: readonly string[]) => {
    try {
      const script = `process.setgid(${UNPRIVILEGED}); process.setuid(${UNPRIVILEGED}); await import(${JSON.stringify(join(ROOT, 'cli/daybreak.mjs'))})`
      execFileSync(process.execPath, ['--input-type=module', '-e', script, 'x', ...argv], {
        cwd: folder,
        env: { DAYBREAK_HOME: home, PATH: process.env['PATH'], NODE_COMPILE_CACHE: '' },
        stdio: 'pipe',
      })
      return 'succeeded'
    } catch (error) {
      return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    }
  }

  it.each(['objects', 'tmp', 'warehouse.duckdb', 'ledger.sqlite', 'secrets'])(
    'is told path and mode of %s, and nothing is retried',
    async (name) => {
      expect((await run([...importing, join(folder, 'exports')])).code).toBe(0)
      give(UNPRIVILEGED)
      chmodSync(folder, 0o755)
      const path = join(home, name)
      execFileSync('chmod', ['-R', 'a-w', path])
      if (name === 'secrets') chmodSync(join(path, 'hash_key'), 0)
      await correct()
      const text = asNobody([...importing, join(folder, 'exports')])
      expect(text).toMatch(name === 'secrets' ? /CONFIG_MISSING/ : /STORAGE_DENIED/)
      expect(text).toContain(path)
    },
  )

  it('names a file next to the ledger that kept its mode from a time when it was read-only', async () => {
    expect((await run([...importing, join(folder, 'exports')])).code).toBe(0)
    const shm = join(home, 'ledger.sqlite-shm')
    if (!existsSync(shm)) await writeFile(shm, Buffer.alloc(32_768))
    give(UNPRIVILEGED)
    chmodSync(shm, 0o400)
    const text = asNobody(['status'])
    if (text !== 'succeeded') expect(text).toContain(shm)
    if (text !== 'succeeded') expect(text).not.toContain('ledger rebuild')
    expect(readdirSync(home)).toContain('ledger.sqlite')
  })
})
