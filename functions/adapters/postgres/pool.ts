import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../../pipeline/ports.ts'
import { isLost, isTurnedAway } from './errors.ts'
import { type PostgresSettings, serverName, toPoolConfig } from './settings.ts'

/** Connections to one server. */
export interface Pool {
  /** A connection that answers. Whoever takes it gives it back by `release`, with `true` when it is not to be used again. */
  take(): Promise<pg.PoolClient>
  /** A connection of its own, which is the caller's to end. */
  connect(): Promise<pg.Client>
  end(): Promise<void>
}

// After a pause a network, a proxy or a server may have dropped the connection; a laptop's sleep and an instance without
// processor time are pauses, too. One more round trip then finds it out before anything is at stake.
const TRUSTED_FOR = 5_000
const PAUSE = 100

/** Opens a pool. It connects when it is asked to, and survives whatever happens to its idle connections. */
export function openPool(settings: PostgresSettings, log: Log): Pool {
  const config = toPoolConfig(settings)
  const pool = new pg.Pool(config)
  const usedAt = new WeakMap<pg.PoolClient, number>()
  // Without a listener, a connection that breaks between two statements would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', ({ message }) =>
    log({ severity: 'INFO', message: `An idle connection to ${serverName(settings)} ended: ${message}` }),
  )
  pool.on('release', (_, client) => usedAt.set(client, performance.now()))
  const isTrusted = (client: pg.PoolClient) =>
    performance.now() - (usedAt.get(client) ?? performance.now()) < TRUSTED_FOR
  return {
    async take() {
      for (;;) {
        const client = await whileTurnedAway(() => pool.connect(), settings.connectTimeout ?? 10_000)
        if (isTrusted(client) || (await answers(client))) return client
        client.release(true)
      }
    },
    async connect() {
      const client = new pg.Client(config)
      client.on('error', () => undefined)
      await client.connect()
      return client
    },
    end: () => pool.end(),
  }
}

/** Other instances may hold all connections that the server has; they give some back. */
async function whileTurnedAway<Result>(connect: () => Promise<Result>, patience: number): Promise<Result> {
  const deadline = performance.now() + patience
  for (;;) {
    try {
      return await connect()
    } catch (error) {
      if (!isTurnedAway(error) || performance.now() >= deadline) throw error
    }
    await sleep(PAUSE)
  }
}

async function answers(client: pg.PoolClient): Promise<boolean> {
  const late = sleep(2_000, false, { ref: false })
  return await Promise.race([
    client.query('select 1').then(
      () => true,
      (error: unknown) => {
        if (isLost(error)) return false
        throw error
      },
    ),
    late,
  ])
}
