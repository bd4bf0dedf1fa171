import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadProject } from '../../functions/config/project.ts'
import type { Contract } from '../../functions/contract/contract.ts'
import { referenceChecks } from '../../functions/contract/references.ts'
import type { PlantedFault } from '../../mock/contracts/faults.ts'
import type { LoadedTotal } from '../../mock/contracts/tree.ts'
import { dayOf, days, openMarketplace, START } from '../support/marketplace.ts'

type Example = Awaited<ReturnType<typeof openMarketplace>>

describe('a marketplace, made from its contracts alone', () => {
  let example: Example
  let faults: readonly PlantedFault[]
  let totals: readonly LoadedTotal[]

  beforeAll(async () => {
    example = await openMarketplace()
    const flags = ['--days', '5', '--seed', '7', '--start-date', START, '--out', example.path()]
    await example.run('contract', 'mock', 'olist', '--faults', 'orphan,late,enum,pattern,negative', ...flags)
    faults = JSON.parse(await readFile(example.path('faults.json'), 'utf8'))
    totals = JSON.parse(await readFile(example.path('totals.json'), 'utf8'))
    expect(await example.run('run', '--date', days(5))).toMatchObject({ code: 0 })
  }, 120_000)

  it('has five faults, each on a day of its own', () => {
    expect(faults.map(({ fault }) => fault).toSorted()).toEqual(['enum', 'late', 'negative', 'orphan', 'pattern'])
    expect(new Set(faults.map(({ date }) => date)).size).toBe(5)
  })

  it('turns each fault into the reject that its label names, and no other row', async () => {
    const rejects = await example.rows('rejects', 'list')
    const found = rejects.map(({ day, stream, column, value, rule }) => [day, stream, column, value, rule].join(' '))
    const expected = faults.filter((fault) => fault.expected.kind === 'reject')
    expect(found.toSorted()).toEqual(
      expected
        .map((each) => [each.date, each.stream, each.column, each.value, each.expected.name].join(' '))
        .toSorted(),
    )
  })

  it('turns each fault into the failed check that its label names, and no other check', () => {
    const expected = faults.filter((fault) => fault.expected.kind === 'check')
    expect(example.failed()).toEqual(expected.map(({ date, expected: { name } }) => `${date} ${name}`).toSorted())
    expect(expected).toHaveLength(2)
  })

  it('loads the rows and the sums that the generator counted, to the cent', async () => {
    const found = await Promise.all(
      [...new Set(totals.map(({ stream }) => stream))].map(async (stream) => {
        const columns = Object.keys(totals.find((total) => total.stream === stream)?.sums ?? {})
        const sums = columns.map((name) => `, CAST(SUM(${name}) AS VARCHAR) AS ${name}`).join('')
        const rows = await example.rows(
          'query',
          `SELECT CAST(day AS VARCHAR) AS date, COUNT(*) AS rows${sums} FROM olist.${stream} GROUP BY day`,
        )
        return rows.map(({ date, rows: count, ...money }) => ({ stream, date, rows: Number(count), sums: money }))
      }),
    )
    const order = (list: readonly object[]) => list.map((each) => JSON.stringify(each)).toSorted()
    expect(order(found.flat())).toEqual(order(totals))
  })

  it('gives the same bytes for the same seed, and others for another', async () => {
    const again = async (seed: string) => {
      const out = join(example.project, `again-${seed}`)
      await example.run('contract', 'mock', 'olist', '--days', '1', '--seed', seed, '--out', out)
      return await readFile(join(out, 'brazil', START, 'olist_orders_dataset.csv'), 'utf8')
    }
    expect(await again('7')).toBe(await readFile(example.path('brazil', START, 'olist_orders_dataset.csv'), 'utf8'))
    expect(await again('8')).not.toBe(await again('7'))
  })

  it.each([
    [['contract', 'mock', 'olsit', '--out', 'x'], 'There is no pipeline "olsit". Did you mean "olist"?'],
    [
      ['contract', 'mock', 'olist', '--faults', 'gone', '--out', 'x'],
      'There is no fault "gone"; expected one of orphan',
    ],
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await example.run(...argv)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
  })
})

describe('each reference of the marketplace', () => {
  it('fails as the check of its name when one row refers to nothing, and no other reference does', async () => {
    const example = await openMarketplace()
    const project = await loadProject({ projectDir: example.project, environment: 'local', env: {} })
    const streams = project.contracts.get('olist') ?? new Map<string, Contract>()
    const checks = referenceChecks(streams)
    expect(checks.length).toBe(9)
    const count = String(checks.length)
    await example.run(
      'contract',
      'mock',
      'olist',
      '--days',
      count,
      '--seed',
      '3',
      '--start-date',
      START,
      '--out',
      example.path(),
    )
    for (const [index, { every }] of checks.entries()) {
      const contract = streams.get(every.stream ?? '')
      const path = example.path('brazil', dayOf(index), contract?.file ?? '')
      await writeFile(
        path,
        orphaned(await readFile(path, 'utf8'), contract?.columns.findIndex(({ name }) => name === every.by) ?? -1),
      )
    }
    expect(await example.run('run', '--date', days(checks.length))).toMatchObject({ code: expect.any(Number) })
    const names = new Set(checks.map(({ name }) => name))
    const failed = example.failed().filter((line) => names.has(line.split(' ')[1] ?? ''))
    expect(failed).toEqual(checks.map(({ name }, index) => `${dayOf(index)} ${name}`).toSorted())
  }, 120_000)

  it('keeps both files out of the tables where its effect is quarantine', async () => {
    const example = await openMarketplace()
    const contract = join(example.project, 'config/contracts/olist/order_reviews.yaml')
    await writeFile(
      contract,
      (await readFile(contract, 'utf8')).replace('effect: warn }\ncolumns', 'effect: quarantine }\ncolumns'),
    )
    await example.run('contract', 'mock', 'olist', '--days', '2', '--start-date', START, '--out', example.path())
    const path = example.path('brazil', START, 'olist_order_reviews_dataset.csv')
    await writeFile(path, orphaned(await readFile(path, 'utf8'), 1))
    expect(await example.run('run', '--date', days(2))).toMatchObject({ code: 3 })
    const loaded = async (stream: string) => {
      const rows = await example.rows(
        'query',
        `SELECT CAST(day AS VARCHAR) AS day FROM olist.${stream} GROUP BY day ORDER BY day`,
      )
      return rows.map(({ day }) => day)
    }
    expect(await loaded('order_reviews')).toEqual([dayOf(1)])
    expect(await loaded('orders')).toEqual([dayOf(1)])
    expect(await loaded('order_items')).toEqual([dayOf(0), dayOf(1)])
  }, 120_000)
})

/** The file with another key in one column of its first row, of the same length and alphabet. */
function orphaned(text: string, column: number): string {
  const [header = '', first = '', ...rest] = text.split('\r\n')
  const fields = first.split(',')
  const value = fields[column] ?? ''
  fields[column] = /^[0-9a-f]{32}$/.test(value) ? 'f'.repeat(32) : /^\d+$/.test(value) ? '99999' : 'zzzzzz'
  return [header, fields.join(','), ...rest].join('\r\n')
}
