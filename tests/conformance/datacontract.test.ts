import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textOf } from '../../cli/commands/contract-export.ts'
import { ODCS } from '../../functions/contract/formats/odcs/odcs.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'
import { OLIST, TOAST } from '../support/contract-sets.ts'

const judge = await findJudge('datacontract')
const files = [TOAST, OLIST].flatMap((set) => ODCS.export(set).map((file) => [file.path, textOf(file)] as const))

describe.skipIf(judge.without !== null)(`contracts as ODCS, judged by datacontract-cli${unless(judge)}`, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-odcs-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function lint(path: string, text: string) {
    const file = join(folder, basename(path))
    await writeFile(file, text)
    return await judge.run('datacontract', ['lint', file], { cwd: folder, env: { NO_COLOR: '1', COLUMNS: '200' } })
  }

  it.each(files)('%s is valid', async (path, text) => {
    const { code, stdout, stderr } = await lint(path, text)
    expect(`${stdout}${stderr}`).toContain('Data contract is valid')
    expect(code).toBe(0)
  })

  it('and is not with a type that the standard does not know', async () => {
    const [path, text] = files[0] ?? ['', '']
    expect(text).toContain('logicalType: string')
    const { code } = await lint(path, text.replace('logicalType: string', 'logicalType: letters'))
    expect(code).not.toBe(0)
  })
})
