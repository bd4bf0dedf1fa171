import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { isBusy } from './errors.ts'

/** One connection's transactions, counted. The number of the last one that went in is a row of the table `sessions`. */
export interface Session {
  readonly id: string
  /** Number of the transaction that was begun last. */
  transaction: number
  /** Process of the server that serves the connection; null when it did not say. */
  readonly process: number | null
}

/**
 * Begins a transaction that writes its own number: if it goes in, the number does. One round trip, as a BEGIN alone. Not the
 * server's transaction id: after a crash the server may give an id that was never written down to another transaction.
 */
export function beginSql({ id, transaction }: Session, now: number): string {
  const row = `${pg.escapeLiteral(id)}, ${transaction}, ${now}`
  return `begin isolation level read committed; insert into sessions (id, last_commit, at) values (${row})
    on conflict (id) do update set last_commit = excluded.last_commit, at = excluded.at`
}

// Waits for the transaction that writes the row, and answers what is left there; a row that was never there is made.
const LAST_COMMIT = `insert into sessions (id, last_commit, at) values ($1, 0, $2)
  on conflict (id) do update set at = sessions.at returning last_commit`

// A transaction that waits for a COMMIT which was lost on its way would keep its rows until the server gives up on it.
const END_WAITING = `select pg_terminate_backend(pid) from pg_stat_activity
  where pid = $1 and usename = session_user and state like 'idle in transaction%'`

/** How the outcome of a COMMIT is asked for when its answer was lost. */
interface Asking {
  /** A connection outside of the pool, which may be full. */
  readonly connect: () => Promise<pg.Client>
  readonly now: () => number
  /** Milliseconds to go on asking a server that does not answer. */
  readonly patience: number
}

/**
 * True when the last transaction of a session went in, for a COMMIT whose answer was lost. Null when no server could be asked.
 * After an answer it is settled: what did not go in never will.
 */
export async function findOutcome(session: Session, asking: Asking): Promise<boolean | null> {
  const deadline = performance.now() + asking.patience
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    try {
      return await ask(session, asking)
    } catch (error) {
      if (!isBusy(error)) return null
    }
    if (performance.now() + pause > deadline) return null
    await sleep(pause)
  }
}

async function ask({ id, transaction, process }: Session, { connect, now }: Asking): Promise<boolean> {
  const client = await connect()
  try {
    if (process !== null) await endWaiting(client, process)
    const { rows } = await client.query<{ last_commit: number }>(LAST_COMMIT, [id, now()])
    return rows[0]?.last_commit === transaction
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** As the login itself: the role that its connections act as may neither see nor end them. */
async function endWaiting(client: pg.Client, process: number): Promise<void> {
  await client.query('set role none')
  await client.query(END_WAITING, [process])
  await client.query('reset role')
}
