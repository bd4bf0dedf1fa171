import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { compose } from '../../functions/compose.ts'
import { loadProject } from '../../functions/config/project.ts'
import { lookScheduled } from '../../functions/handlers/sweep.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { ObjectStore } from '../../functions/pipeline/ports.ts'
import { exportAudit, verifyAudit } from '../../functions/pipeline/work/export-audit.ts'
import { daybreak as runCli } from '../support/cli.ts'
import { at } from '../support/definition.ts'
import { createMemoryObjects } from '../support/memory-objects.ts'
import { silent } from '../support/world.ts'

/** A ledger with an audit, and a store of objects. */
async function createAudit(now: string) {
  const ledger = await openSqliteLedger({ path: ':memory:' })
  onTestFinished(() => ledger.close())
  const objects = createMemoryObjects()
  const clock = createVirtualClock({ now: at(now) })
  const names = async () => (await Array.fromAsync(objects.list('audit/'))).map(({ name }) => name)
  const linesOf = async (date: string) =>
    new TextDecoder()
      .decode(await objects.get(`audit/${date}.jsonl`))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  const act = (instant: string, subject: string) =>
    ledger.apply([
      {
        change: 'audit',
        entry: {
          ...{ at: at(instant), actor: 'ana@example.com', action: 'slice.waive', subject, details: 'closed' },
          ...{ role: 'operator', requestId: 'r1', before: { state: 'missing' }, after: { state: 'waived' } },
        },
      },
    ])
  return { ports: { ledger, objects, clock }, names, linesOf, act }
}

describe('the export of the audit', () => {
  it('has a file for each day since the first entry, with the entries of the day in UTC from the oldest on', async () => {
    const { ports, names, linesOf, act } = await createAudit('2026-11-30T05:00:00Z')
    await act('2026-11-26T23:59:59.999Z', 'a')
    await act('2026-11-28T00:00:00Z', 'b')
    await act('2026-11-28T18:00:00Z', 'c')
    await act('2026-11-30T01:00:00Z', 'd')
    expect(await exportAudit(ports)).toEqual(['2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'])
    expect(await names()).toEqual(['26', '27', '28', '29'].map((day) => `audit/2026-11-${day}.jsonl`))
    const [header, ...entries] = await linesOf('2026-11-28')
    expect(header).toMatchObject({ format: 1, date: '2026-11-28', entries: 2 })
    expect(entries.map(({ subject }) => subject)).toEqual(['b', 'c'])
    expect(entries[0]).toMatchObject({
      ...{ actor: 'ana@example.com', action: 'slice.waive', details: 'closed', role: 'operator', requestId: 'r1' },
      ...{ before: { state: 'missing' }, after: { state: 'waived' } },
    })
    expect(await linesOf('2026-11-27')).toEqual([
      { format: 1, date: '2026-11-27', entries: 0, previous: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ])
    expect(await verifyAudit(ports)).toEqual({ days: 4, entries: 3, faults: [] })
  })

  it('writes a day once, an hour after it is over', async () => {
    const { ports, act } = await createAudit('2026-11-30T00:59:00Z')
    await act('2026-11-28T12:00:00Z', 'a')
    expect(await exportAudit(ports)).toEqual(['2026-11-28'])
    expect(await exportAudit(ports)).toEqual([])
    await ports.clock.advance(60_000)
    expect(await Promise.all([exportAudit(ports), exportAudit(ports)])).toEqual([['2026-11-29'], ['2026-11-29']])
    expect(await exportAudit(ports)).toEqual([])
    expect(await verifyAudit(ports)).toEqual({ days: 2, entries: 1, faults: [] })
  })

  it('begins with the last day in a ledger without entries', async () => {
    const { ports } = await createAudit('2026-11-30T05:00:00Z')
    expect(await exportAudit(ports)).toEqual(['2026-11-29'])
  })

  it('of a year catches up a month at a time', async () => {
    const { ports, act } = await createAudit('2026-11-30T05:00:00Z')
    await act('2026-09-01T12:00:00Z', 'a')
    const counts = []
    for (let call = 0; call < 4; call++) counts.push((await exportAudit(ports)).length)
    expect(counts).toEqual([31, 31, 28, 0])
    expect((await verifyAudit(ports)).faults).toEqual([])
  })

  it('that dies at any effect makes the same files when it is called again', async () => {
    const { ports, act } = await createAudit('2026-11-30T05:00:00Z')
    await act('2026-11-28T12:00:00Z', 'a')
    const dead = async () => {
      throw new Error('the process died')
    }
    const before = { ...ports, objects: { ...ports.objects, put: dead } }
    const between = { ...ports, ledger: { ...ports.ledger, apply: dead } }
    await expect(exportAudit(before)).rejects.toThrow('died')
    await expect(exportAudit(between)).rejects.toThrow('died')
    expect(await exportAudit(ports)).toEqual(['2026-11-28', '2026-11-29'])
    expect(await verifyAudit(ports)).toEqual({ days: 2, entries: 1, faults: [] })
  })
})

describe('the verification of the export', () => {
  async function exported() {
    const audit = await createAudit('2026-11-30T05:00:00Z')
    await audit.act('2026-11-26T12:00:00Z', 'a')
    await audit.act('2026-11-27T12:00:00Z', 'b')
    await exportAudit(audit.ports)
    return audit
  }
  const replaced = (objects: ObjectStore, date: string, change: (text: string) => string): ObjectStore => ({
    ...objects,
    get: async (name) => {
      const content = await objects.get(name)
      if (name !== `audit/${date}.jsonl`) return content
      return new TextEncoder().encode(change(new TextDecoder().decode(content)))
    },
  })
  const without = (objects: ObjectStore, date: string): ObjectStore => ({
    ...objects,
    list: async function* (prefix) {
      for await (const each of objects.list(prefix)) if (!each.name.includes(date)) yield each
    },
  })

  it('finds a changed entry, in its own file and by the hash in the next', async () => {
    const { ports } = await exported()
    const objects = replaced(ports.objects, '2026-11-27', (text) => text.replace('ana@', 'eve@'))
    expect((await verifyAudit({ ...ports, objects })).faults).toEqual([
      { date: '2026-11-27', message: 'differs from the ledger; entries of that day there: 1' },
      { date: '2026-11-28', message: expect.stringContaining('follows another file') },
    ])
  })

  it('finds a file that is gone, also the newest', async () => {
    const { ports } = await exported()
    const middle = { ...ports, objects: without(ports.objects, '2026-11-27') }
    expect((await verifyAudit(middle)).faults.map(({ date }) => date)).toEqual(['2026-11-27', '2026-11-28'])
    const newest = { ...ports, objects: without(ports.objects, '2026-11-29') }
    expect((await verifyAudit(newest)).faults).toEqual([
      { date: '2026-11-29', message: 'was exported last, and its file is not the newest' },
    ])
  })

  it('finds an entry that came to a day that was exported, and a file without a header', async () => {
    const { ports, act } = await exported()
    await act('2026-11-28T12:00:00Z', 'late')
    const objects = replaced(ports.objects, '2026-11-26', () => 'nothing')
    expect((await verifyAudit({ ...ports, objects })).faults).toEqual([
      { date: '2026-11-26', message: 'audit/2026-11-26.jsonl begins with no header' },
      { date: '2026-11-26', message: 'differs from the ledger; entries of that day there: 1' },
      { date: '2026-11-27', message: expect.stringContaining('follows another file') },
      { date: '2026-11-28', message: 'differs from the ledger; entries of that day there: 1' },
    ])
  })
})

it('a sweep exports the audit, and `daybreak audit verify` compares it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-audit-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await cp('config', join(folder, 'config'), { recursive: true })
  const now = at('2026-11-30T15:00:00Z')
  const env = { DAYBREAK_SFTP_HOST: '127.0.0.1' }
  const project = await loadProject({ projectDir: folder, environment: 'local', env })
  const daybreak = await compose(project, { log: silent, clock: createVirtualClock({ now }) })
  await daybreak.ports.ledger.apply([
    { change: 'audit', entry: { at: now - 86_400_000, actor: 'ana', action: 'a', subject: 'b', details: '' } },
  ])
  for (const definition of daybreak.definitions.values()) await lookScheduled(definition, { at: now }, daybreak.worker)
  await daybreak.close()
  const verify = () =>
    runCli(['audit', 'verify'], { cwd: folder, env, clock: { now: () => now, sleep: async () => undefined } })
  expect(await verify()).toMatchObject({
    code: 0,
    stdout: 'The export is whole and equal to the ledger: 1 day, 1 entry.\n',
  })
  const path = join(project.home, 'objects', 'audit', '2026-11-29.jsonl')
  await chmod(path, 0o600)
  await writeFile(path, (await readFile(path, 'utf8')).replace('"ana"', '"eve"'))
  const found = await verify()
  expect(found.code).toBe(1)
  expect(found.stdout).toContain('differs from the ledger; entries of that day there: 1')
})
