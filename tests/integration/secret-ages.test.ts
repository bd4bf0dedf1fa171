import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { laptopTokens } from '../../functions/compose/token-keys.ts'
import { loadProject } from '../../functions/config/project.ts'
import { daybreak } from '../support/cli.ts'
import { withProject } from '../support/project-on-disk.ts'

const NOTIFY = `version: 1
channels:
  mail: { kind: email, smtp: secret://smtp, from: Daybreak <daybreak@example.com> }
  hook: { kind: webhook, url: secret://hook, signing: secret://signing }
heartbeat: secret://beat
`
const DAY = 86_400_000

it('doctor has a line for every secret of a machine with its age, and the part of the page that says how it is rotated', async () => {
  const changes = {
    'config/notify.yaml': NOTIFY,
  }
  await withProject(async (projectDir) => {
    const environment = join(projectDir, 'config/environments/local.yaml')
    const login = `toast: { kind: sftp, host: sftp.example.com, user: acme, root: /x, private_key: secret://sftp_key, host_keys: ["SHA256:${'a'.repeat(43)}"] }`
    await writeFile(environment, (await readFile(environment, 'utf8')).replace(/toast: .*/, login))
    const made = { sftp_key: 100, smtp: 3, hook: 400, signing: 1, beat: 0, hash_key: 2_000 }
    const secrets = join(projectDir, '.daybreak/secrets')
    await mkdir(secrets, { recursive: true })
    const age = async (path: string, days: number) => {
      const at = (Date.now() - days * DAY - 60_000) / 1000
      await writeFile(path, 'x'.repeat(40), { mode: 0o600 })
      await utimes(path, at, at)
    }
    for (const [name, days] of Object.entries(made)) await age(join(secrets, name), days)
    await age(join(projectDir, '.daybreak/token'), 366)
    const call = ['doctor', '-o', 'json', '--skip', 'source']
    const { stdout } = await daybreak(call, { cwd: projectDir, clock: systemClock })
    const rows: { check: string; state: string; message: string; remedy: string }[] = JSON.parse(stdout)
    const lines = rows
      .filter(({ check }) => check.startsWith('secret '))
      .map(({ check, state, message, remedy }) => [
        ...[check.slice('secret '.length), state],
        `${message} ${remedy}`.replace(/^(\d+).*?#([a-z-]+)$/, '$1 $2').trim(),
      ])
    expect(lines).toEqual([
      ['key of the source toast', 'warn', '100 sftp-login'],
      ['hash key', 'pass', expect.stringMatching(/^2000 days old; not rotated.*#hash-key/)],
      ['smtp of the channel mail', 'pass', expect.stringMatching(/^3 .*#channel/)],
      ['url of the channel hook', 'warn', '400 channel'],
      ['signing of the channel hook', 'pass', expect.stringMatching(/^1 day old, .*#channel/)],
      ['address of the heartbeat', 'pass', expect.stringMatching(/^0 .*#heartbeat/)],
      ['token of this machine', 'warn', '366 machine-token'],
    ])
    const page = readFileSync('docs/runbooks/rotating-secrets.md', 'utf8')
    const named = rows.flatMap(
      ({ message, remedy }) => /rotating-secrets\.md#([a-z-]+)/.exec(message + remedy)?.[1] ?? [],
    )
    for (const anchor of [...named, 'ledger-password', 'token-key']) expect(page).toContain(`## ${anchor}\n`)
  }, changes)
})

it('a laptop rotates the key of API tokens without a gap: the previous key still proves what it signed', async () => {
  await withProject(async (projectDir) => {
    const project = await loadProject({ projectDir, environment: 'local', env: {} })
    const open = () => laptopTokens(project, Date.now)
    const claims = { id: 'one', subject: 'ana', expiresAt: Date.now() + DAY }
    const before = await (await open()).sign(claims)
    const [key, previous] = ['token-key.pem', 'token-key.previous.pem'].map((name) => join(project.home, name)) as [
      string,
      string,
    ]
    await rename(key, previous)
    const rotated = await open()
    expect(existsSync(key) && (await stat(key)).mode & 0o777).toBe(0o600)
    expect((await rotated.verify(before)).id).toBe('one')
    const after = await rotated.sign({ ...claims, id: 'two' })
    expect((await rotated.publicKeys()).keys).toHaveLength(2)
    await rm(previous)
    const ended = await open()
    expect((await ended.verify(after)).id).toBe('two')
    await expect(ended.verify(before)).rejects.toThrow(/key/)
  })
})
