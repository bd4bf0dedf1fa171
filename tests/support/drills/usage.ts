import { expect } from 'vitest'
import { DaybreakError, type ErrorCode } from '../../../functions/errors.ts'
import { type Drill, printed } from './drill.ts'
import { CONTRACT, ENVIRONMENT, type Home, ORDERS, orders, payments } from './home.ts'

const KEY = 'home/secrets/hash_key'

/** Runs a command line and returns what was printed. */
const prints = (line: string) => async (home: Home) => printed(await home.run(line))

/** A run that is asked to stop while it works. */
async function interrupted(home: Home): Promise<string> {
  await home.write(
    ORDERS,
    orders((row, n) => (n === 0 ? row.replace(',1.00', ',2.00') : row)),
  )
  const reason = new DaybreakError('CANCELLED', 'stopped by SIGINT', { details: { signal: 'SIGINT' } })
  return printed(await home.run('daybreak run toast', { signal: AbortSignal.abort(reason) }))
}

/** Drills of commands, configuration and keys. */
export const USAGE = {
  USAGE_INVALID: { provoke: prints('daybreak run toast --dat 2099-03-02'), fill: () => ({ COMMAND: 'run' }) },
  CONFIG_INVALID: {
    async provoke(home) {
      await home.edit(CONTRACT, 'stream: orders', 'streem: orders')
      return await prints('daybreak run toast')(home)
    },
    person: (home) => home.edit(CONTRACT, 'streem: orders', 'stream: orders'),
  },
  CONFIG_MISSING: {
    async provoke(home) {
      await home.edit(ENVIRONMENT, 'secret://hash_key', 'secret://other_key')
      await home.edit(ENVIRONMENT, '{DAYBREAK_HOME}/objects', '{DAYBREAK_PLACE}/objects')
      return await prints('daybreak run toast')(home)
    },
    async person(home) {
      await home.edit(ENVIRONMENT, 'secret://other_key', 'secret://hash_key')
      await home.edit(ENVIRONMENT, '{DAYBREAK_PLACE}/objects', '{DAYBREAK_HOME}/objects')
    },
  },
  HASH_KEY_LOST: {
    async provoke(home) {
      await home.remove(KEY)
      return await prints('daybreak run toast')(home)
    },
  },
  HASH_KEY_CHANGED: {
    async provoke(home) {
      await home.write(KEY, 'f'.repeat(64))
      return await prints('daybreak run toast')(home)
    },
  },
  LOCATION_UNKNOWN: {
    async provoke(home) {
      await home.write('more/1002/20990302/Orders.csv', orders())
      await home.write('more/1002/20990302/Payments.csv', payments())
      return await prints('daybreak import more')(home)
    },
    fill: () => ({ ID: '1002', PATHS: 'more' }),
    async well(home) {
      expect(await home.run('daybreak import more')).toMatchObject({ code: 0 })
    },
  },
  NOT_FOUND: { provoke: prints('daybreak runs show 00000000-0000-7000-8000-000000000000') },
  STATE_CONFLICT: {
    async provoke(home) {
      const made = await home.run('daybreak backfill toast --start-date 2099-03-02 --end-date 2099-03-02 -o json')
      const [, id = ''] = /"id": ?"([^"]+)"/.exec(made.stdout) ?? []
      return await prints(`daybreak backfills pause ${id}`)(home)
    },
  },
  QUERY_LIMIT: {
    provoke: prints("daybreak query 'select count(*) from range(1000000000) a, range(1000000000) b' --timeout 50ms"),
    async well(home) {
      expect(await home.run("daybreak query 'select 1'")).toMatchObject({ code: 0 })
    },
  },
  INCOMPLETE: {
    starts: 'empty',
    async provoke(home) {
      await home.remove(ORDERS)
      return await prints('daybreak run toast')(home)
    },
    person: (home) => home.write(ORDERS, orders()),
  },
  CANCELLED: { provoke: interrupted },
  RUN_FAILED: {
    provoke: (home) => home.abandonRun(),
    fill: (trouble) => ({ RUN: /^id +(\S+)/m.exec(trouble)?.[1] ?? '' }),
  },
} satisfies Partial<Record<ErrorCode, Drill>>
