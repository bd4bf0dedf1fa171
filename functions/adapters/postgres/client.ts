import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../../pipeline/ports.ts'
import { durationsOf, type PostgresSettings, serverName, toPoolConfig } from './config.ts'
import { isLost, isTurnedAway } from './errors.ts'

/** Connections to one server. */
export interface Pool {
  /** A connection that answers. Its user gives it back by `release`, with `true` when it is not to be used again. */
  take(): Promise<pg.PoolClient>
  /** A connection of its own, which is the caller's to end. */
  connect(): Promise<pg.Client>
  end(): Promise<void>
}

const PAUSE = 100
const ANSWER_TIMEOUT = 2_000

/**
 * Opens a pool. It connects when it is asked to, and survives the loss of its idle connections. While one was idle a
 * network, a proxy or a server may have dropped it, and an instance without processor time does not notice; one more round
 * trip finds it out before anything is at stake.
 */
export function openPool(settings: PostgresSettings, log: Log): Pool {
  const { connectTimeout, statementTimeout, trustedFor } = durationsOf(settings)
  const config = toPoolConfig(settings)
  const pool = new pg.Pool(config)
  const usedAt = new WeakMap<pg.PoolClient, number>()
  // Without a listener, a connection that breaks between two statements would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', ({ message }) =>
    log({ severity: 'INFO', message: `An idle connection to ${serverName(settings)} ended: ${message}` }),
  )
  pool.on('release', (_, client) => usedAt.set(client, performance.now()))
  const isTrusted = (client: pg.PoolClient) => {
    const since = usedAt.get(client)
    return since === undefined || performance.now() - since < trustedFor
  }
  const take = async () => {
    for (;;) {
      const client = await whileTurnedAway(() => pool.connect(), connectTimeout)
      if (isTrusted(client) || (await answers(client, Math.min(ANSWER_TIMEOUT, statementTimeout)))) return client
      client.release(true)
    }
  }
  return {
    ...closable(pool, take),
    async connect() {
      const client = new pg.Client(config)
      client.on('error', () => undefined)
      await client.connect()
      return client
    },
  }
}

/** Lets work that has a connection, or waits for one, end first: `pg` would leave the waiting ones to their timeouts. */
function closable(pool: pg.Pool, take: () => Promise<pg.PoolClient>): Pick<Pool, 'take' | 'end'> {
  const drained = Promise.withResolvers<void>()
  let closed = false
  let open = 0
  const count = (step: 1 | -1) => {
    open += step
    if (closed && open === 0) drained.resolve()
  }
  return {
    async take() {
      if (closed) throw new Error('the ledger is closed')
      count(1)
      try {
        const client = await take()
        const release = client.release
        client.release = (broken) => {
          release(broken)
          count(-1)
        }
        return client
      } catch (error) {
        count(-1)
        throw error
      }
    },
    async end() {
      closed = true
      if (open > 0) await drained.promise
      await pool.end()
    },
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

async function answers(client: pg.PoolClient, timeout: number): Promise<boolean> {
  const late = sleep(timeout, false, { ref: false })
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
