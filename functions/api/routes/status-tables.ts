import type { TableWindow } from '../../pipeline/people/reads.ts'
import type { TableDefinition } from '../../pipeline/tables/tools.ts'
import { nextRunAt, type TableStanding, tableStandings } from '../../pipeline/views/table-status.ts'
import { instantText, optionalInstant, reasonAnswer, shardFilter } from '../answers.ts'
import type { ApiCall } from '../call.ts'
import type { ApiContext } from '../context.ts'

const MOST_NAMED = 3

/** The tables of a pipeline: their windows are no days, and each table has its own. */
export async function tablesAnswer(
  definition: TableDefinition,
  { query, principal }: Pick<ApiCall<'GET /api/status'>, 'query' | 'principal'>,
  { ledger, now }: Pick<ApiContext, 'ledger' | 'now'>,
) {
  const standings = await tableStandings(definition, { now: now(), ...shardFilter(principal, query.shard) }, ledger)
  const isWanted = ({ standing }: TableStanding) =>
    query.state === undefined || (query.state === 'incomplete' && standing !== 'loaded')
  const complete = standings.filter(({ standing }) => standing === 'loaded').length
  return {
    sentence: sentenceOf(standings),
    counts: { complete, incomplete: standings.length - complete, disputed: 0 },
    tables: standings.filter(isWanted).map(tableAnswer),
    nextAt: definition.hasSource ? instantText(nextRunAt(definition, now())) : null,
  }
}

function tableAnswer({ stream, config, standing, loaded, open, recent, readAt, lateAt }: TableStanding) {
  return {
    ...{ stream, from: config.from, into: config.into ?? stream, mode: config.mode, standing },
    loaded: loaded && windowAnswer(loaded),
    open: open && { ...windowAnswer(open), reason: reasonAnswer(open.reason) },
    recent: recent.map(windowAnswer),
    readAt: optionalInstant(readAt),
    lateAt: optionalInstant(lateAt),
  }
}

function windowAnswer({ window, at, state, shard, rows, rejected, updatedAt }: TableWindow) {
  return { ...{ window, state, shard, rows, rejected }, at: instantText(at), updatedAt: optionalInstant(updatedAt) }
}

/** Says how many tables are up to date, and which are not. */
function sentenceOf(standings: readonly TableStanding[]): string {
  const named = (wanted: TableStanding['standing']) =>
    standings.filter(({ standing }) => standing === wanted).map(({ stream }) => ({ name: stream }))
  const [loaded, open, late, fresh] = [named('loaded'), named('open'), named('late'), named('new')]
  const noun = standings.length === 1 ? 'table is' : 'tables are'
  return [
    `${loaded.length} of ${standings.length} ${noun} up to date.`,
    ...(late.length > 0 ? [`Late: ${listed(late)}.`] : []),
    ...(open.length > 0 ? [`Not loaded yet: ${listed(open)}.`] : []),
    ...(fresh.length > 0 ? [`Never read: ${listed(fresh)}.`] : []),
  ].join(' ')
}

/** The first names of several, and how many more there are. */
export function listed(all: readonly { readonly name: string }[]): string {
  const names = all.slice(0, MOST_NAMED).map(({ name }) => name)
  return all.length > MOST_NAMED ? `${names.join(', ')} and ${all.length - MOST_NAMED} more` : names.join(', ')
}
