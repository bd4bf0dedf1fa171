import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

let project: TableProject

const CLOCK = {
  now: () => Date.now(),
  sleep: async (milliseconds: number) =>
    void (await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 50)))),
}

const call = (...args: readonly string[]) =>
  daybreak([...args], { cwd: project.folder, env: project.env, clock: CLOCK })

beforeAll(async () => {
  project = await createTableProject({
    drop: '{ kind: folder, root: drop }',
    lake: '{ kind: duckdb, path: lake.duckdb }',
    shop: '{ kind: sqlite, path: shop.sqlite }',
  })
  await mkdir(join(project.folder, 'drop'))
})

afterAll(async () => {
  await project?.remove()
})

async function load(name: string, file: readonly string[], columns: readonly string[], source = 'drop') {
  await writeFile(join(project.folder, 'drop', `${name}.csv`), `${file.join('\n')}\n`)
  await project.pipeline(name, [
    ...[`source: ${source}`, 'destination: lake', 'reject_budget: 0.9', 'streams:'],
    ...[`  ${name}:`, `    from: ${name}.csv`, '    columns:', ...columns.map((line) => `      ${line}`)],
  ])
  return await call('run', name, '--output', 'json', '--quiet')
}

async function rows(name: string): Promise<readonly unknown[]> {
  const { stdout } = await call('query', `select * from ${name}.${name} order by 1`, '--pipeline', name, '-o', 'json')
  return JSON.parse(stdout)
}

describe('conversions of the columns of files', () => {
  it('read amounts as people of a locale write them, and reject what is none', async () => {
    const amounts = [
      '1.234,56 €',
      '-7,5',
      '(12,00)',
      '1 234 567,89',
      '3-',
      'EUR 0,01',
      '1,234.56',
      '1.23',
      '',
      'none',
      '(1,00',
    ]
    const lines = amounts.map((text, at) => `${String(at + 10)};"${text}"`)
    const { code, stderr } = await load(
      'german',
      ['id;price', ...lines],
      ['price: { type: numeric, precision: 12, scale: 2, parse: money, locale: de-DE }'],
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(await rows('german')).toEqual(
      ['1234.56', '-7.50', '-12.00', '1234567.89', '-3.00', '0.01'].map((price, at) => ({
        id: String(at + 10),
        price,
      })),
    )
    const rejects = await call('rejects', 'list', 'german', '-o', 'json')
    expect(rejects.stdout).toContain('expected an amount as 1.234,56')
  })

  it('read amounts of the default locale', async () => {
    const { code } = await load(
      'american',
      ['id,price', '1,"$1,234.50"', '2,"-$3"', '3,"($4.25)"'],
      ['price: { type: numeric, precision: 12, scale: 2, parse: money }'],
    )
    expect(code).toBe(0)
    expect(await rows('american')).toMatchObject([{ price: '1234.50' }, { price: '-3.00' }, { price: '-4.25' }])
  })

  it('read dates by the first pattern that a text has, under a name that is written otherwise', async () => {
    const { code, stderr } = await load(
      'dates',
      ['id,Gültig ab', '1,31.01.2026', '2,2026-02-01', '3,02/03/2026'],
      ['valid_from: { from: [Valid from, gultig_ab], type: date, format: [dd.MM.yyyy, yyyy-MM-dd] }'],
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(await rows('dates')).toEqual([
      { id: '1', valid_from: '2026-01-31' },
      { id: '2', valid_from: '2026-02-01' },
    ])
    expect((await call('rejects', 'list', 'dates', '-o', 'json')).stdout).toContain(
      'expected date as dd.MM.yyyy or yyyy-MM-dd',
    )
  })

  it.each([
    ['{ parse: money }', 'needs `type: numeric` with a `precision`'],
    ['{ type: numeric, precision: 9, parse: money, locale: "??" }', 'is no locale'],
    ['{ locale: de-DE }', 'is of use with `parse: money` alone'],
    ['{ type: date, format: nonsense }', 'is no pattern'],
    ['{ type: date, format: "HH:mm" }', 'is a time; say `type: time`'],
  ])('refuses %s before anything is read', async (column, message) => {
    await load('wrong', ['id,x', '1,1'], [`x: ${column}`])
    const { code, stderr, stdout } = await call('validate')
    expect(code).not.toBe(0)
    expect(stderr + stdout).toContain(message)
  })

  it('refuses them for a server, which converts its own values', async () => {
    await load('wrong', ['id,x', '1,1'], ['x: { type: date, format: dd.MM.yyyy }'], 'shop')
    expect((await call('validate')).stderr).toContain('is for files: a server converts its own values in a view')
  })
})
