import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textOf } from '../../cli/commands/contract-export.ts'
import { GREAT_EXPECTATIONS } from '../../functions/contract/formats/great-expectations/project.ts'
import { FAULTS } from '../../mock/contracts/faults.ts'
import { mockTree } from '../../mock/contracts/tree.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'
import { OLIST } from '../support/contract-sets.ts'

const judge = await findJudge('great-expectations')
const CLEAN = '2026-03-01'

describe.skipIf(judge.without !== null)(`a project of Great Expectations, judged by it${unless(judge)}`, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-gx-'))
    for (const file of GREAT_EXPECTATIONS.export(OLIST)) {
      await mkdir(dirname(join(folder, file.path)), { recursive: true })
      await writeFile(join(folder, file.path), textOf(file))
    }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** A copy of the project with the files of one day. */
  async function withFiles(name: string, files: readonly { readonly file: string; readonly text: string }[]) {
    const project = join(folder, name)
    await cp(join(folder, 'postgres'), project, { recursive: true })
    for (const { file, text } of files) await writeFile(join(project, 'files', file), text)
    return (env: Readonly<Record<string, string>> = {}, ...args: readonly string[]) =>
      judge.run('python', [join(project, 'run.py'), ...args], {
        cwd: project,
        env: { POSTGRES_URL: 'postgresql+psycopg2://reader@127.0.0.1:1/none', ...env },
      })
  }

  const plan = { contracts: OLIST.contracts, checks: OLIST.checks, seed: 7, startDate: CLEAN, days: 1 }

  it('takes the files of a day before they are loaded, and writes data docs', async () => {
    const run = await withFiles('clean', mockTree({ ...plan, faults: [] }).files)
    const { code, stdout, stderr } = await run({}, 'before_load')
    expect({ code, stdout: stdout.split('\n').filter((line) => /^(passed|failed)/.test(line)) }, stderr).toEqual({
      code: 0,
      stdout: ['passed'],
    })
    const index = join(folder, 'clean/gx/uncommitted/data_docs/local_site/index.html')
    expect(await readFile(index, 'utf8')).toContain('orders_file')
  }, 600_000)

  it('finds a planted value by the name of its promise, and tolerates it where it is told to', async () => {
    const tree = mockTree({ ...plan, faults: FAULTS.filter((fault) => fault === 'pattern') })
    const [fault] = tree.faults
    const run = await withFiles('faulty', tree.files)
    const { code, stdout } = await run({}, 'before_load')
    const promise = `${fault?.stream}_file_${fault?.column}_string`
    expect({ code, found: stdout.split('\n').filter((line) => line.startsWith('failed ')) }).toEqual({
      code: 1,
      found: [`failed ${promise} (quarantine)`],
    })
    const tolerant = await run({ [`DAYBREAK_MOSTLY_${promise.toUpperCase()}`]: '0.5' }, 'before_load')
    expect(tolerant.code, tolerant.stderr).toBe(0)
    expect((await run({ DAYBREAK_MOSTLY: '0.5' }, 'before_load')).code).toBe(0)
  }, 600_000)
})
