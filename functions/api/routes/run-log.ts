import { findRun } from '../../pipeline/views/runs.ts'
import { isTerminal } from '../../pipeline/work/record.ts'
import { instantText } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import type { LoggedLine } from '../context.ts'
import { ByNumber, fromPageToken, toPageToken } from '../pages.ts'

const RANK = { DEBUG: 0, INFO: 1, NOTICE: 2, WARNING: 3, ERROR: 4 } as const
const LOOK_EVERY = 1_000
// Cloud Run ends an answer after an hour as well.
const FOLLOW_FOR = 3_600_000

/** Lines of the log of a run: a page of them, or all that come until the run has ended, for an hour at most. */
export const readRunLog: ApiHandler<'GET /api/runs/{id}/log'> = async ({ path, query, principal, signal }, context) => {
  const { id } = await findRun(path.id, context.ledger)
  const { severity = 'DEBUG', shard, q, follow, pageSize, pageToken } = query
  const isMeant = (line: LoggedLine) =>
    RANK[line.severity] >= RANK[severity] &&
    (shard === undefined || line.shard === shard) &&
    (q === undefined || line.message.toLowerCase().includes(q.toLowerCase()))
  const all = async (from: number) => (await Array.fromAsync(context.runLog.read(id))).slice(from)
  if (follow === true) {
    const done = context.limits.open(principal.name)
    // The signal aborts when the connection closes, after a whole answer as well.
    if (signal.aborted) done()
    else signal.addEventListener('abort', done, { once: true })
    return { type: 'application/x-ndjson', chunks: followed() }
  }
  const filter = { id, severity, shard, q }
  const { from = 0 } = fromPageToken(pageToken, filter, ByNumber) ?? {}
  const lines = (await all(0)).filter(isMeant)
  const next = lines.length > from + pageSize ? { from: from + pageSize } : null
  return {
    body: {
      lines: lines.slice(from, from + pageSize).map(lineAnswer),
      link: context.runLog.link(id),
      nextPageToken: toPageToken(next, filter),
    },
  }

  async function* followed() {
    const end = context.now() + FOLLOW_FOR
    for (let seen = 0; !signal.aborted && context.now() < end; ) {
      const run = await context.ledger.run(id)
      const fresh = await all(seen)
      seen += fresh.length
      // A line break at once, so that a client knows that it is heard.
      yield fresh
        .filter(isMeant)
        .map((line) => `${JSON.stringify(lineAnswer(line))}\n`)
        .join('') || '\n'
      if (run === null || isTerminal(run)) return
      await context.ports.clock.sleep(LOOK_EVERY, signal)
    }
  }
}

function lineAnswer({ at, severity, message, code, step, stream, shard, window }: LoggedLine) {
  return {
    at: instantText(at),
    ...{ severity, message },
    code: code ?? null,
    step: step ?? null,
    stream: stream ?? null,
    shard: shard ?? null,
    window: window ?? null,
  }
}
