import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CompiledModel, compiledText } from '../../functions/models/compiled.ts'
import { daybreak } from '../support/cli.ts'
import { testFolder } from '../support/folder.ts'
import { aModel, reads } from '../support/models.ts'

const NOW = Date.parse('2026-03-05T12:00:00Z')
const CONTRACT = `# A contract with comments.
version: 1
stream: sales
description: Sales.
file: Sales.csv
key: [id]
columns:
  - { name: id, from: Id, type: string, required: true, description: Key. } # the key
  - { name: amount, from: Amount, type: numeric, scale: 2, description: Money. }
`

const EXPOSURES = `version: 1
exposures:
  - name: flash
    title: Weekly flash
    kind: page
    description: For owners.
    owner: ann@example.com
    reads: [{ table: models.daily, columns: [net] }]
  - { name: items, title: Items page, kind: page, description: For cooks., reads: [{ table: models.other }] }
`

let folder: string
const file = (): string => join(folder, 'config/contracts/shop/sales.yaml')
const read = () => readFile(file(), 'utf8')
const change = async (from: string, to: string) => await writeFile(file(), (await read()).replace(from, to))
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' })
const run = (...argv: readonly string[]) =>
  daybreak(['contract', ...argv], { cwd: folder, clock: { now: () => NOW, sleep: async () => undefined } })

function commit(): void {
  git('add', '-A')
  git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-qm', 'a commit')
}

beforeEach(async () => {
  folder = await testFolder()
  await mkdir(join(folder, 'config/contracts/shop'), { recursive: true })
  await writeFile(file(), CONTRACT)
  git('init', '-q', '-b', 'main')
  commit()
})

describe('contract release', () => {
  it('begins with 1.0.0, raises what changed, and keeps comments and order', async () => {
    expect(await run('release', file())).toMatchObject({ code: 0, stdout: expect.stringContaining('1.0.0') })
    expect(await read()).toBe(CONTRACT.replace('stream: sales\n', 'stream: sales\ncontract_version: 1.0.0\n'))
    commit()
    expect(await run('release', file())).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing to release'),
    })
    await change(
      'key: [id]',
      'key: [id]\nderived:\n  - { name: twice, type: numeric, expression: amount * 2, description: Twice. }',
    )
    expect(await run('release', file())).toMatchObject({ code: 0, stdout: expect.stringContaining('1.1.0') })
    expect(await run('lint', file(), '--against', 'main')).toMatchObject({ code: 0 })
    const changelog = await readFile(join(folder, 'config/contracts/shop/CHANGELOG.md'), 'utf8')
    expect(changelog).toMatch(
      /^# Changes of the contracts of shop\n\n## 2026-03-05\n\n### sales 1\.1\.0\n\n- migration: column twice is new/,
    )
    expect(changelog).toContain('### sales 1.0.0\n\n- The first version.')
  })

  it('asks who answers for a break, and writes the answer down', async () => {
    await run('release', file())
    commit()
    await change('name: amount, from: Amount', 'name: net, from: Amount')
    const refused = await run('release', file())
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--name and --reason are needed') })
    expect(refused.stderr).toContain('column amount is gone')
    const answer = ['--name', 'A. Person', '--reason', 'one word for one thing']
    expect(await run('release', file(), ...answer)).toMatchObject({ code: 0, stdout: expect.stringContaining('2.0.0') })
    expect(await read()).toContain(
      'acknowledged: { version: 2.0.0, name: "A. Person", reason: "one word for one thing" }',
    )
    expect(await run('lint', file(), '--against', 'main')).toMatchObject({ code: 0 })
  })
})

describe('contract lint --against', () => {
  it('fails when the version hides a change, and names the models that read the column', async () => {
    await run('release', file())
    commit()
    await change('name: amount, from: Amount', 'name: net, from: Amount')
    await mkdir(join(folder, 'config/models'), { recursive: true })
    const model = (name: string, table: string): CompiledModel => ({
      ...aModel(name, {
        columns: { net: 'numeric' },
        references: [reads(0, table, { columns: ['amount', 'id'] })],
        sql: '',
      }),
      lineage: { columns: { net: [{ table, column: 'amount', kind: 'AGGREGATION' }] }, rows: [] },
    })
    const models = { daily: model('daily', 'shop.sales'), other: model('other', 'shop.items') }
    await writeFile(join(folder, 'config/models/compiled.json'), compiledText({ version: 1, models }))
    await writeFile(join(folder, 'config/models/exposures.yaml'), EXPOSURES)
    const { code, stderr } = await run('lint', file(), '--against', 'main', '--project-dir', folder)
    expect(code).toBe(2)
    expect(stderr).toContain('contract_version is 1.0.0; expected 2.0.0 or higher, because the changes are major')
    expect(stderr).toContain('breaking: column amount is gone')
    expect(stderr).toContain('read by the model daily: amount')
    expect(stderr).not.toContain('model other')
    expect(stderr).toContain('read by the exposure Weekly flash (page, of ann@example.com): models.daily.net')
    expect(stderr).not.toContain('Items page')
  })

  it('takes a new contract and one that was never released', async () => {
    await writeFile(join(folder, 'config/contracts/shop/more.yaml'), CONTRACT.replace('stream: sales', 'stream: more'))
    await change('scale: 2', 'scale: 4')
    expect(
      await run('lint', file(), join(folder, 'config/contracts/shop/more.yaml'), '--against', 'main'),
    ).toMatchObject({ code: 0 })
  })

  it('names a revision that there is not', async () => {
    const { code, stderr } = await run('lint', file(), '--against', 'no-such-branch')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('There is no revision "no-such-branch"'),
    })
  })
})
