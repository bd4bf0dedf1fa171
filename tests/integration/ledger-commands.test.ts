import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { writeLightProject } from '../support/light-project.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { ofTheSeven } from '../support/seven.ts'

describe.skipIf(!hasPostgres)(hasPostgres ? 'the command line over a ledger in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  let folder: string
  let login: PostgresSettings
  beforeAll(async () => {
    server = await startPostgres()
    folder = await mkdtemp(join(tmpdir(), 'daybreak-commands-'))
    login = await server.createLogin()
    await writeLightProject(folder)
    await useLedger(login)
    const location = { id: '90984', name: 'One', timeZone: 'America/Chicago', closeoutHour: 4 }
    const night = ofTheSeven(generateNight({ seed: 3, location, date: '2025-02-05', profile: 'small', scale: 0.2 }))
    for (const name of ['OrderDetails.csv', 'PaymentDetails.csv']) {
      const path = join(folder, 'exports', '90984', '20250205', name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, night.find((file) => file.name === name)?.bytes ?? '')
    }
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Writes the environment anew; over the socket, as in Cloud Run. */
  const useLedger = async ({ user, port }: PostgresSettings) => {
    const path = join(folder, 'config', 'environments', 'local.yaml')
    const text = await readFile(path, 'utf8')
    const ledger = { kind: 'postgres', host: server.socket, port, database: 'postgres', user, auth: 'none' }
    await writeFile(path, text.replace(/ledger:\n( {2}.*\n)+/, `ledger: ${JSON.stringify(ledger)}\n`))
  }
  const run = async (...argv: string[]) => {
    const env = { DAYBREAK_HOME: join(folder, 'home') }
    const { code, stdout, stderr } = await daybreak([...argv, '-o', 'json'], { cwd: folder, env, clock: systemClock })
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  it('imports, lists, and makes a lost ledger anew', async () => {
    const imported = await run('import', join(folder, 'exports'), '--time-zone', 'America/Chicago')
    expect(imported.state).toBe('succeeded')
    const states = async () =>
      (await run('slices', 'list')).map((slice: Record<string, unknown>) => [slice.stream, slice.state])
    const before = await states()
    expect(before).toEqual([
      ['order_details', 'loaded'],
      ['payment_details', 'loaded'],
    ])
    expect(await run('runs', 'list')).toMatchObject([{ state: 'succeeded', trigger: 'import' }])
    expect(await server.sql(`select count(*)::int as slices from ${login.user}.slices`)).toEqual([{ slices: 2 }])

    expect(await run('ledger', 'rebuild')).toMatchObject({ slices: 0, partitions: 0, skipped: 0 })

    const empty = await server.createLogin()
    await rm(join(folder, 'config'), { recursive: true })
    await writeLightProject(folder)
    await useLedger(empty)
    expect(await run('ledger', 'rebuild')).toMatchObject({ slices: 2 })
    expect(await states()).toEqual(before)
  })
})
