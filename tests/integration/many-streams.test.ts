import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { manyStreams } from '../support/many-streams.ts'
import { withProject } from '../support/project-on-disk.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Statements as they reach DuckDB, which works on them as ever. */
function watchDuckdb() {
  const run = vi.spyOn(DuckDBConnection.prototype, 'run')
  const prepare = vi.spyOn(DuckDBConnection.prototype, 'prepare')
  const create = vi.spyOn(DuckDBInstance, 'create')
  const readers = (calls: readonly (readonly unknown[])[]) =>
    calls.filter(([sql]) => String(sql).startsWith('COPY') && String(sql).includes('read_csv(')).length
  return {
    transforms: () => readers(run.mock.calls),
    compilations: () => readers(prepare.mock.calls),
    instances: () => create.mock.calls.length,
  }
}

describe('a project of many streams', () => {
  const validated = async (changes: Readonly<Record<string, string>>) => {
    const seen = watchDuckdb()
    const { code, stderr } = await withProject((cwd) => daybreak(['validate', '-o', 'json'], { cwd, env: {} }), changes)
    return { code, stderr, made: seen.transforms(), compiled: seen.compilations(), duckdb: seen.instances() }
  }

  it('is validated by one statement that is planned per contract, in one DuckDB, and no file is made', async () => {
    expect(await validated(manyStreams(40, { vary: true }))).toMatchObject({
      code: 0,
      made: 0,
      compiled: 42,
      duckdb: 1,
    })
  })

  it('is validated once where streams differ in their names alone', async () => {
    expect(await validated(manyStreams(40))).toMatchObject({ code: 0, made: 0, compiled: 2, duckdb: 1 })
  })

  it('is refused for the one stream of them that does not compile', async () => {
    const changes = manyStreams(3)
    const file = 'config/contracts/toast/extra_1.yaml'
    const wrong = (changes[file] ?? '').replace('name: tax,', "name: tax, pattern: '(',")
    const { code, stderr } = await validated({
      ...changes,
      [file]: wrong.replace('from: Tax, type: numeric, unit: USD', 'from: Tax, type: string'),
    })
    expect(code).not.toBe(0)
    expect(stderr).toContain('extra_1')
    expect(stderr).not.toContain('extra_2')
  })

  it('compiles for an import the contracts of the files that came, and no other', async () => {
    const seen = watchDuckdb()
    const { code, stderr } = await withProject(async (cwd) => {
      const day = join(cwd, 'exports/1001/20260105')
      await mkdir(day, { recursive: true })
      for (const name of ['Orders.csv', 'Extra3.csv', 'Extra17.csv'])
        await writeFile(join(day, name), 'Order Id,Amount,Tax\r\n1,2.00,0.10\r\n')
      const env = { DAYBREAK_HOME: join(cwd, 'home'), DAYBREAK_HASH_KEY: 'k'.repeat(40) }
      return await daybreak(['import', 'exports', '-o', 'json'], { cwd, env, clock: systemClock })
    }, manyStreams(40))
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect({ made: seen.transforms(), compiled: seen.compilations() }).toEqual({ made: 3, compiled: 0 })
  })
})
