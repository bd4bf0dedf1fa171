import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { compose } from '../../functions/compose.ts'
import { loadProject } from '../../functions/config/project.ts'
import { verifyNext } from '../../functions/pipeline/load/verify.ts'
import { daybreak } from '../support/cli.ts'
import { withProject } from '../support/project-on-disk.ts'

const SWEEPS = 16

/** A project with two days of orders and payments loaded. */
async function withDays(
  work: (world: {
    readonly home: string
    readonly run: (...argv: string[]) => ReturnType<typeof daybreak>
    readonly change: (sql: string) => Promise<void>
    readonly open: () => ReturnType<typeof compose>
  }) => Promise<void>,
): Promise<void> {
  await withProject(async (project) => {
    const home = join(project, 'home')
    const env = { DAYBREAK_HOME: home }
    for (const day of ['20260105', '20260106']) {
      const folder = join(project, 'exports', '1001', day)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'Orders.csv'), 'Order Id,Amount,Tax\nplum,1.00,0.10\npear,2.00,0.20\n')
      await writeFile(join(folder, 'Payments.csv'), 'Payment Id,Order Id,Amount\np1,plum,1.00\np2,pear,2.00\n')
    }
    const run = (...argv: string[]) => daybreak(argv, { cwd: project, env, clock: systemClock })
    const imported = await run('import', join(project, 'exports'))
    expect(imported.code, imported.stderr).toBe(0)
    await work({
      home,
      run,
      async change(sql) {
        const instance = await DuckDBInstance.create(join(home, 'warehouse.duckdb'))
        const connection = await instance.connect()
        await connection.run(sql)
        connection.closeSync()
        instance.closeSync()
      },
      open: async () =>
        await compose(await loadProject({ projectDir: project, environment: 'local', env }), {
          log: () => undefined,
          clock: systemClock,
        }),
    })
  })
}

const RANGE = ['--from', '2026-01-05', '--to', '2026-01-06']

it('status --verify is content with tables that hold what was loaded', async () => {
  await withDays(async ({ run }) => {
    const { code, stdout } = await run('status', ...RANGE, '--verify')
    expect(code).toBe(0)
    expect(stdout).toContain('6 of 6 partitions equal what was loaded')
  })
})

it.each([
  ['a row is deleted', "DELETE FROM toast.orders WHERE order_id = 'plum' AND business_date = DATE '2026-01-05'"],
  ['a row is of another file', "UPDATE toast.orders SET _raw_sha256 = 'x' WHERE business_date = DATE '2026-01-05'"],
  ['a cent is added', "UPDATE toast.orders SET amount = amount + 0.01 WHERE business_date = DATE '2026-01-05'"],
])('status --verify names the partition in which %s, and its remedy mends it', async (_, sql) => {
  await withDays(async ({ run, change }) => {
    await change(sql)
    const { code, stdout } = await run('status', ...RANGE, '--verify')
    expect(code).toBe(3)
    expect(stdout).toContain('[NOT_RECONCILED] orders of 2026-01-05: ')
    expect(stdout).toContain('5 of 6 partitions equal what was loaded')
    const [, remedy = ''] = /`daybreak ([^`]*--reload)`/.exec(stdout) ?? []

    expect((await run(...remedy.split(' '))).code).toBe(0)

    expect((await run('status', ...RANGE, '--verify')).code).toBe(0)
  })
})

it.each([
  ['the table is emptied', 'DELETE FROM toast.orders'],
  ['the table is deleted', 'DROP TABLE toast.orders'],
])('doctor says when %s', async (_, sql) => {
  await withDays(async ({ run, change }) => {
    await change(sql)
    const { code, stdout } = await run('doctor')
    expect(code).not.toBe(0)
    expect(stdout).toContain('2 partitions are not what was loaded: orders of 2026-01-05, orders of 2026-01-06')
  })
})

it('an import of another day loads every day again when the warehouse was deleted', async () => {
  await withDays(async ({ home, run }) => {
    await rm(join(home, 'warehouse.duckdb'))
    const folder = join(home, 'more', '1001', '20260107')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'Orders.csv'), 'Order Id,Amount,Tax\nfig,3.00,0.30\n')
    expect((await run('import', join(home, 'more'))).code).toBe(0)
    const { stdout } = await run('query', 'select count(*), sum(amount) from toast.orders', '-o', 'csv')
    expect(stdout).toContain('5,9.00')
    expect((await run('status', ...RANGE, '--verify')).code).toBe(0)
  })
})

it('doctor and status --verify say when the warehouse is deleted, or is garbage', async () => {
  await withDays(async ({ run, home }) => {
    await rm(join(home, 'warehouse.duckdb'))
    expect((await run('doctor')).stdout).toContain('6 partitions are not what was loaded')
    expect((await run('status', ...RANGE, '--verify')).code).toBe(3)
    await writeFile(join(home, 'warehouse.duckdb'), Buffer.alloc(8192, 'garbage'))
    expect((await run('doctor')).code).not.toBe(0)
    expect((await run('status', ...RANGE, '--verify')).code).not.toBe(0)
  })
})

it('each sweep verifies the next partition, and opens one incident for one that differs', async () => {
  await withDays(async ({ change, open, run }) => {
    await change("UPDATE toast.payments SET amount = 9 WHERE business_date = DATE '2026-01-06'")
    const { ports, definitions, close } = await open()
    const definition = definitions.get('toast')!
    for (let sweep = 0; sweep < SWEEPS; sweep++) await verifyNext(definition, ports)
    const incidents = await ports.ledger.incidents({ states: ['open'], keyPrefix: 'load/' })
    await close()
    expect(incidents).toMatchObject([
      {
        key: 'load/toast/payments/2026-01-06',
        reason: { code: 'NOT_RECONCILED', message: expect.stringContaining('--reload') },
      },
    ])
    const day = ['--start-date', '2026-01-06', '--end-date', '2026-01-06']
    expect((await run('backfill', 'toast', ...day, '--from-archive', '--reload')).code).toBe(0)
    const again = await open()
    expect(await again.ports.ledger.incidents({ states: ['open'], keyPrefix: 'load/' })).toEqual([])
    await again.close()
  })
})

it.each([
  [
    'backfill',
    ['backfill', 'toast', '--start-date', '2026-01-05', '--end-date', '2026-01-06', '--from-archive', '--reload'],
  ],
  [
    'forced backfill',
    ['backfill', 'toast', '--start-date', '2026-01-05', '--end-date', '2026-01-06', '--from-archive', '--force'],
  ],
  ['run', ['run', 'toast', '--date', '2026-01-05', '--date', '2026-01-06', '--from-archive', '--force']],
])('a %s brings back what a deleted warehouse held', async (_, argv) => {
  await withDays(async ({ run, home }) => {
    await rm(join(home, 'warehouse.duckdb'))
    const { code, stderr } = await run(...argv)
    expect(code, stderr).toBe(0)
    expect((await run('status', ...RANGE, '--verify')).code).toBe(0)
  })
})
