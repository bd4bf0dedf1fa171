import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { ROOT } from '../support/world.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'daybreak-production-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const run = (...argv: readonly string[]) =>
  daybreak([...argv, '-e', 'prod', '--project-dir', ROOT], { env: { DAYBREAK_HOME: home, HOME: home } })

// Only a container of Cloud Run has the folder of the sockets.
it
  .skipIf(existsSync('/cloudsql'))
  .each([
    ['status'],
    ['runs list'],
    ['backfill toast --start-date 2026-01-01 --end-date 2026-01-02'],
    ['incidents list'],
    ['ledger migrate'],
  ])('%s in an environment of Google Cloud, without a login, says where to run it', async (command) => {
  const { code, stderr } = await run(...command.split(' '))
  expect(code).toBe(2)
  expect(stderr).toMatch(/\[CONFIG_MISSING\] the ledger of prod is reached from Cloud Run alone/)
  expect(stderr).toContain('gcloud run jobs execute daybreak-backfill --region=us-central1 --wait --container=daybreak')
  expect(stderr).not.toMatch(/INTERNAL|\n\s+at /)
})

it('doctor leaves out the checks that it is told to', async () => {
  const { stdout } = await daybreak(
    ['doctor', '--skip', 'secrets,disk', '--skip', 'time', '-o', 'json', '--project-dir', ROOT],
    {
      env: { DAYBREAK_HOME: home },
    },
  )
  const checks = JSON.parse(stdout).map(({ check }: { check: string }) => check)
  expect(checks).toContain('ledger')
  expect(checks.filter((name: string) => /^(secrets|disk|time)/.test(name))).toEqual([])
})
