import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-steps-'))
  await cp('config', join(folder, 'config'), { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (argv: readonly string[], env = {}) => daybreak(argv, { cwd: folder, clock: systemClock, env })

it.each([
  ['run', 'tost'],
  ['plan', 'toats'],
  ['status', 'Toast'],
])('`daybreak %s %s` suggests the pipeline that was meant', async (...argv) => {
  const { code, stderr } = await run(argv)
  expect(code).toBe(2)
  expect(stderr).toContain('Did you mean "toast"?')
})

it.each(['show', 'logs', 'retry'])('`daybreak runs %s last` says that no run was made yet', async (verb) => {
  const { code, stderr } = await run(['runs', verb, 'last'])
  expect(code).toBe(2)
  expect(stderr).toContain('no run was made yet')
  expect(stderr).not.toContain('"last"')
})

describe('validate', () => {
  it.each(['dev', 'staging', 'prod'])(
    'ends with 2 in %s, and names the values that are still examples',
    async (name) => {
      const { code, stderr } = await run(['validate', '-e', name])
      expect(code).toBe(2)
      expect(stderr).toMatch(/values that are still examples: .*google\.project/)
    },
  )

  it('ends with the next step where all is well', async () => {
    const { code, stdout } = await run(['validate'])
    expect(code).toBe(0)
    expect(stdout).toContain('Next: daybreak doctor')
  })
})

it('doctor tells a missing secret once, as a failure', async () => {
  const { code, stdout } = await run(['doctor', '-o', 'json'], { DAYBREAK_SFTP_HOST: '127.0.0.1' })
  const findings: readonly { check: string; state: string; message: string; remedy: string }[] = JSON.parse(stdout)
  const telling = findings.filter(({ message, remedy }) => `${message}${remedy}`.includes('toast_sftp_key'))
  expect(telling.map(({ check, state }) => [check, state])).toEqual([['secrets', 'fail']])
  expect(code).toBe(1)
})

it('runs list leaves out runs that found nothing to do, and shows them with --all', async () => {
  await run(['backfill', 'toast', '--start-date', '2021-01-01', '--end-date', '2021-01-02', '--from-archive'])
  expect(JSON.parse((await run(['runs', 'list', '-o', 'json'])).stdout)).toEqual([])
  expect(JSON.parse((await run(['runs', 'list', '--all', '-o', 'json'])).stdout)).toMatchObject([{ state: 'skipped' }])
})
