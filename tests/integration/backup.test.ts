import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { ROOT } from '../support/world.ts'

const FILES = ['OrderDetails.csv', 'PaymentDetails.csv', 'CashEntries.csv']
const DATES = ['2025-02-04', '2025-02-05']

let server: Postgres | null = null
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'daybreak-backup-'))
  if (hasPostgres) server = await startPostgres()
})
afterAll(async () => {
  await server?.close()
  await rm(root, { recursive: true, force: true })
})

/** A project with two days of one location, one of which has a line that is rejected. */
async function newProject(name: string) {
  const folder = join(root, name)
  await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true })
  const pipeline = join(folder, 'config', 'pipelines', 'toast.yaml')
  await writeFile(pipeline, (await readFile(pipeline, 'utf8')).replace(/reject_budget: [\d.]+/, 'reject_budget: 0.5'))
  const location = { id: '90984', name: 'One', timeZone: 'America/Chicago', closeoutHour: 4 }
  for (const [seed, date] of DATES.entries())
    for (const file of generateNight({ seed, location, date, profile: 'small', scale: 0.2, closed: false })) {
      if (!FILES.includes(file.name)) continue
      const path = join(folder, 'exports', '90984', date.replaceAll('-', ''), file.name)
      await mkdir(dirname(path), { recursive: true })
      const text = Buffer.from(file.bytes).toString('utf8')
      await writeFile(path, seed === 0 && file.name === 'PaymentDetails.csv' ? brokenLine(text) : text)
    }
  const call = async (...argv: string[]) => {
    const env = { DAYBREAK_HOME: join(folder, 'home') }
    return await daybreak(argv, { cwd: folder, env, clock: systemClock })
  }
  return { folder, call, backups: join(root, `${name}-backups`) }
}

type TestProject = Awaited<ReturnType<typeof newProject>>

/** The same file with one more line, that has an amount which is no number. */
function brokenLine(text: string): string {
  const lines = text.trimEnd().split('\n')
  const header = (lines[0] ?? '').split(',')
  const cells = (lines[1] ?? '').split(',')
  cells[header.indexOf('Amount')] = 'ten'
  cells[header.indexOf('Payment Id')] = '999999'
  return `${[...lines, cells.join(',')].join('\n')}\n`
}

async function useServer(
  { folder }: TestProject,
  { socket }: Postgres,
  { user, port }: PostgresSettings,
): Promise<void> {
  const path = join(folder, 'config', 'environments', 'local.yaml')
  const text = await readFile(path, 'utf8')
  const ledger = { kind: 'postgres', host: socket, port, database: 'postgres', user, auth: 'none' }
  await writeFile(path, text.replace(/ledger:( .*\n|\n( {2}.*\n)+)/, `ledger: ${JSON.stringify(ledger)}\n`))
}

/** Everything that people ask for, without what a run of its own changes. */
async function reports({ call }: TestProject): Promise<Record<string, unknown>> {
  const questions: Readonly<Record<string, readonly string[]>> = {
    slices: ['slices', 'list'],
    runs: ['runs', 'list'],
    rejects: ['rejects', 'list'],
    incidents: ['incidents', 'list', '--all'],
    status: ['status', '--from', '2025-02-04', '--to', '2025-02-05'],
    audit: ['audit', 'list'],
    payments: ['query', 'select * exclude (_run_id, _loaded_at) from toast.payment_details order by all'],
  }
  const answers: Record<string, unknown> = {}
  for (const [name, argv] of Object.entries(questions)) {
    const { stdout, stderr } = await call(...argv, '-o', 'json')
    answers[name] = stdout === '' ? stderr : JSON.parse(stdout)
  }
  return answers
}

async function imported(name: string, prepare: (project: TestProject) => Promise<void> = async () => undefined) {
  const project = await newProject(name)
  await prepare(project)
  const { code, stderr } = await project.call(
    'import',
    join(project.folder, 'exports'),
    '--time-zone',
    'America/Chicago',
  )
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return project
}

describe('a backup', () => {
  it('brings ledger, configuration and records back when the disk is gone, and the warehouse follows from them', async () => {
    const project = await imported('disaster')
    const before = await reports(project)
    expect(before.rejects).not.toEqual([])
    const made = JSON.parse((await project.call('backup', project.backups, '--archive', '-o', 'json')).stdout)
    expect(made).toMatchObject({ objectsListed: expect.any(Number), objectsCopied: expect.any(Number) })
    const key = await readFile(join(project.folder, 'home', 'secrets', 'hash_key'))
    await rm(join(project.folder, 'home'), { recursive: true })
    await rm(join(project.folder, 'config'), { recursive: true })
    // The key of hashed columns is kept elsewhere, as the command says.
    await mkdir(join(project.folder, 'home', 'secrets'), { recursive: true })
    await writeFile(join(project.folder, 'home', 'secrets', 'hash_key'), key)
    const restored = await project.call('restore', project.backups, '-o', 'json')
    expect({ code: restored.code, ...JSON.parse(restored.stdout) }).toMatchObject({
      ...{ code: 0, rawMissing: 0, configuration: 'restored', ledgerRows: made.ledgerRows },
    })
    // Rows and rejects are in the warehouse, which is gone as well.
    const { payments: _, rejects: __, ...inLedger } = before
    expect(await reports(project)).toMatchObject(inLedger)
    const dates = ['--start-date', '2025-02-04', '--end-date', '2025-02-05']
    const reloaded = await project.call('backfill', 'toast', ...dates, '--from-archive', '--reload', '-o', 'json')
    expect({ code: reloaded.code, stderr: reloaded.code === 0 ? '' : reloaded.stderr }).toEqual({ code: 0, stderr: '' })
    const { payments, rejects } = await reports(project)
    expect({ payments, rejects }).toEqual({ payments: before['payments'], rejects: before['rejects'] })
  })

  it.skipIf(!hasPostgres)(`is the same from a server, and goes into an empty one (${NO_POSTGRES})`, async () => {
    if (!server) return
    const first = await server.createLogin()
    const project = await imported('server', (each) => useServer(each, server!, first))
    const before = await reports(project)
    await project.call('backup', project.backups)
    await useServer(project, server, await server.createLogin())
    const { code, stdout, stderr } = await project.call('restore', project.backups, '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ rawMissing: 0, objectsPut: 0 })
    expect(await reports(project)).toEqual(before)
    // Numbers that the server assigns go on after those of the backup.
    const again = await project.call('import', join(project.folder, 'exports'), '--time-zone', 'America/Chicago')
    expect(again.code).toBe(0)
  })

  it('copies each object once, however often it is made', async () => {
    const project = await imported('twice')
    await project.call('backup', project.backups)
    const objects = async () => (await readdir(join(project.backups, 'objects'), { recursive: true })).length
    const first = await objects()
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await project.call('backup', project.backups)
    expect(await objects()).toBe(first)
    expect((await readdir(project.backups)).filter((name) => name.endsWith('Z'))).toHaveLength(2)
  })

  it('that was changed, of another environment, or that would go over rows, is refused', async () => {
    const project = await imported('refused')
    const { backup } = JSON.parse((await project.call('backup', project.backups, '-o', 'json')).stdout)
    const full = await project.call('restore', project.backups)
    expect({ code: full.code, stderr: full.stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[STATE_CONFLICT]'),
    })
    await rm(join(project.folder, 'home', 'ledger.sqlite'))
    await writeFile(join(backup, 'ledger.jsonl.gz'), 'not what was written')
    const changed = await project.call('restore', project.backups)
    expect({ code: changed.code, stderr: changed.stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[BACKUP_DAMAGED]'),
    })
    const none = await project.call('restore', join(root, 'nowhere'))
    expect(none.stderr).toContain('[NOT_FOUND]')
  })

  it('with an object that changed and kept its length is refused, and the next backup copies that one again', async () => {
    const project = await imported('rotten')
    await project.call('backup', project.backups)
    const names = await readdir(join(project.backups, 'objects'), { recursive: true, withFileTypes: true })
    const [record] = names.filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    const path = join(record?.parentPath ?? '', record?.name ?? '')
    const before = await readFile(path)
    await rm(path)
    await writeFile(path, Buffer.from(before).fill(32, 0, 1))
    await cp(join(project.folder, 'home'), join(project.folder, 'kept'), { recursive: true })
    await rm(join(project.folder, 'home'), { recursive: true })
    const refused = await project.call('restore', project.backups)
    expect({ code: refused.code, stderr: refused.stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[BACKUP_DAMAGED]'),
    })
    await rm(join(project.folder, 'home'), { recursive: true, force: true })
    await cp(join(project.folder, 'kept'), join(project.folder, 'home'), { recursive: true })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect((await project.call('backup', project.backups)).code).toBe(0)
    expect(await readFile(path)).toEqual(before)
  })

  it('tells which raw files it only names and that are gone', async () => {
    const project = await imported('lost')
    await project.call('backup', project.backups)
    await rm(join(project.folder, 'home', 'objects'), { recursive: true, force: true })
    await rm(join(project.folder, 'home', 'ledger.sqlite'))
    const { code, stdout } = await project.call('restore', project.backups)
    expect(code).toBe(3)
    expect(stdout).toContain('OBJECT_MISSING: raw/toast/90984/')
  })
})
