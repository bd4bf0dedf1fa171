import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { several } from '../../data/amount.ts'
import { dayHref, sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, deletedIn } from '../../data/time.ts'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Told } from '../../parts/told.tsx'
import { asSentence, titleOf } from '../incidents/title.ts'

type Status = ApiAnswer<'GET /api/status'>
type Incident = ApiAnswer<'GET /api/incidents'>['incidents'][number]
type Dispute = Status['disputes'][number]

const SHOWN = 3

/** Work for a person: days whose files disagree, then incidents, errors and near deadlines first. A few of each; the rest is a link. */
export function Needs({ status }: { readonly status: Status }) {
  const query = useApi('GET /api/incidents', { query: { state: ['open'], pageSize: 50 } })
  const disputes = [...Map.groupBy(status.disputes, ({ shard, window }) => `${window}/${shard}`).values()]
  // A dispute is listed with its day; its incident would repeat it.
  const incidents = (query.data?.incidents ?? [])
    .filter(({ reason }) => reason.code !== 'DAY_DISPUTED' && reason.code !== 'CHECK_FAILED')
    .toSorted(byUrgency)
  const checks = (query.data?.incidents.length ?? 0) - incidents.length
  if (incidents.length === 0 && disputes.length === 0 && checks === 0) return null
  const rest = Math.max(0, disputes.length - SHOWN) + Math.max(0, incidents.length - SHOWN) + checks
  return (
    <section aria-label="Needs you" className="mb-4 rounded-lg border bg-panel">
      {incidents.slice(0, SHOWN).map((incident) => (
        <Line
          key={incident.id}
          state={incident.severity}
          says={
            <>
              <Told text={asSentence(titleOf(incident))} />{' '}
              <span className="text-dim">
                <Told text={incident.reason.remedy} />
              </span>
            </>
          }
          until={incident.goneAt && deletedIn(incident.goneAt)}
          to={`/incidents/${incident.id}`}
          word="Show"
        />
      ))}
      {disputes.slice(0, SHOWN).map((group) => (
        <DisputedDay key={`${group[0]?.window}/${group[0]?.shard}`} status={status} group={group} />
      ))}
      {rest > 0 && (
        <p className="border-t bg-sunk px-3 py-1.5 text-sm text-dim">
          <Link to="/incidents" className="underline">
            {several(rest, 'more thing', 'more things')}
          </Link>{' '}
          can wait: smaller disputes, and checks that only warn.
        </p>
      )}
    </section>
  )
}

function byUrgency(a: Incident, b: Incident): number {
  const rank = ({ severity, goneAt }: Incident) =>
    (severity === 'error' ? 0 : 1e15) + (goneAt ? Date.parse(goneAt) / 1e4 : 1e12)
  return rank(a) - rank(b)
}

function DisputedDay({ status, group }: { readonly status: Status; readonly group: readonly Dispute[] }) {
  const [first, ...more] = group
  if (!first) return null
  const name = status.shards.find(({ id }) => id === first.shard)?.name ?? first.shard
  return (
    <Line
      state="disputed"
      says={
        <>
          <strong className="font-semibold">{name}</strong>, {dayOf(first.window)}:{' '}
          <Told text={first.message} isWithin />
          {more.length > 0 && <span className="text-dim"> And {several(more.length, 'further check')}.</span>}
        </>
      }
      until={null}
      to={
        first.stream === '*'
          ? dayHref(status.pipeline, first.window)
          : sliceHref({ pipeline: status.pipeline, ...first })
      }
      word={first.stream === '*' ? 'Show the day' : 'Show the check'}
    />
  )
}

interface LineProps {
  readonly state: string
  readonly says: React.ReactNode
  /** Deadline. */
  readonly until: string | null
  readonly to: string
  readonly word: string
}

function Line({ state, says, until, to, word }: LineProps) {
  return (
    <div className="grid gap-x-3.5 gap-y-1 border-b px-3 py-2 last:border-0 sm:grid-cols-[92px_minmax(0,1fr)_auto_auto] sm:items-center">
      <span>
        <Chip state={state} />
      </span>
      <span className="line-clamp-2">{says}</span>
      <span className="text-sm font-semibold whitespace-nowrap text-miss">{until}</span>
      <Link to={to} className={`${BUTTON_LINK} justify-self-start`}>
        {word}
      </Link>
    </div>
  )
}
