import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak, type Finished } from '../support/cli.ts'

let folder: string

const run = (...argv: readonly string[]): Promise<Finished> => daybreak(argv, { cwd: folder, clock: systemClock })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-two-pipelines-'))
  await cp(join(process.cwd(), 'examples/two-pipelines'), folder, { recursive: true })
  for (const pipeline of ['shop', 'kitchen']) {
    const { code, stdout, stderr } = await run('run', pipeline, '--date', '2026-03-01')
    expect(code, `${stdout}\n${stderr}`).toBe(0)
  }
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const rowsOf = ({ stdout }: Finished): unknown => JSON.parse(stdout)

describe('two pipelines with a source and a destination each', () => {
  it('load each its own file', async () => {
    expect(rowsOf(await run('query', 'select count(*) n from shop.sales', '--pipeline', 'shop', '-o', 'json'))).toEqual(
      [{ n: '3' }],
    )
    expect(
      rowsOf(await run('query', 'select count(*) n from kitchen.dishes', '--pipeline', 'kitchen', '-o', 'json')),
    ).toEqual([{ n: '2' }])
  })

  it('keep their tables apart: neither file has the tables of the other', async () => {
    const { code, stderr } = await run('query', 'select * from kitchen.dishes', '--pipeline', 'shop')
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/dishes/)
  })

  it('are listed with the tables of both', async () => {
    const rows = rowsOf(await run('tables', '-o', 'json'))
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ table: 'shop.sales', rows: 3, from: '2026-03-01' }),
        expect.objectContaining({ table: 'kitchen.dishes', rows: 2, from: '2026-03-01' }),
      ]),
    )
  })

  it('want to be named where one question cannot be for both', async () => {
    const { code, stderr } = await run('query', 'select 1')
    expect(code).toBe(2)
    expect(stderr).toMatch(/several destinations; name the pipeline .* `--pipeline`: kitchen, shop/)
  })

  it('are each verified in their own destination', async () => {
    for (const pipeline of ['shop', 'kitchen']) {
      const { code, stdout, stderr } = await run(
        'status',
        pipeline,
        '--from',
        '2026-03-01',
        '--to',
        '2026-03-01',
        '--verify',
      )
      expect(code, `${stdout}\n${stderr}`).toBe(0)
      expect(stdout).toMatch(/([1-9]) of \1 partitions equal what was loaded/)
    }
  })

  it('are both looked at by doctor', async () => {
    const { stdout } = await run('doctor', '-o', 'json')
    const findings = JSON.parse(stdout) as readonly { check: string; state: string; message: string }[]
    const of = (check: string) => findings.find((each) => each.check === check)
    for (const check of ['destination sales', 'destination cooking', 'tables', 'source tills', 'source stoves'])
      expect(of(check), check).toMatchObject({ state: 'pass' })
  })
})
