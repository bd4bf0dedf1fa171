import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXAMPLE_NAMES } from '../../cli/init/write-project.ts'
import { daybreak } from '../support/cli.ts'
import { testFolder } from '../support/folder.ts'

function testIn(folder: string) {
  const env = {
    ...process.env,
    DAYBREAK: `'${process.execPath}' '${process.cwd()}/cli/daybreak.mjs'`,
    NODE_OPTIONS: '',
  }
  // Inside of another runner it would report to that one.
  const { NODE_TEST_CONTEXT: _, ...own } = env as Record<string, string>
  const ended = spawnSync(process.execPath, ['--test'], { cwd: folder, env: own, encoding: 'utf8' })
  return { code: ended.status, text: `${ended.stdout}\n${ended.stderr}` }
}

describe('daybreak init --example', () => {
  it.each(EXAMPLE_NAMES)(
    'copies %s, and its tests pass',
    async (example) => {
      const folder = join(await testFolder(), 'mine')
      const made = await daybreak(['init', folder, '--example', example])
      expect(made, made.stderr).toMatchObject({ code: 0 })
      const { code, text } = testIn(folder)
      expect(code, text).toBe(0)
      expect(Number(/^.*\bpass (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(2)
    },
    240_000,
  )

  it('gives tests that fail where a row is another one', async () => {
    const folder = join(await testFolder(), 'mine')
    await daybreak(['init', folder, '--example', 'csv-folder'])
    const path = join(folder, 'data/harbour/2026-03-01/sales.csv')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace(/\n[^\n]+\n?$/, '\n'))
    appendFileSync(join(folder, 'README.md'), '\n```sh\nnpx daybreak explain NO_SUCH_CODE\n```\n')
    const { code, text: told } = testIn(folder)
    expect(code, told).toBe(1)
    expect(told).toMatch(/fail 2$/m)
  }, 120_000)
})
