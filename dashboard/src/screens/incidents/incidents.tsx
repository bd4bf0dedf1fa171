import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { several } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, deletedIn } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Pages } from '../../parts/pages.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { titleOf } from './title.ts'

const STATES = {
  open: ['open', 'acknowledged', 'snoozed'],
  resolved: ['resolved'],
} as const

type Incident = ApiAnswer<'GET /api/incidents'>['incidents'][number]

/** What needs me? */
export function Incidents() {
  const [search] = useSearchParams()
  const which = search.get('state') === 'resolved' ? 'resolved' : 'open'
  const pageToken = search.get('page')
  const query = useApi('GET /api/incidents', {
    query: { state: [...STATES[which]], pageSize: 50, ...(pageToken !== null && { pageToken }) },
  })
  return (
    <Asked query={query} what="the incidents">
      {({ incidents, nextPageToken }) => (
        <>
          <Head
            sentence={
              which === 'resolved'
                ? 'Incidents that are resolved.'
                : incidents.length === 0
                  ? 'Nothing needs you.'
                  : `${several(incidents.length, 'cause')}${nextPageToken === null ? '' : ' and more'} need a person.`
            }
            more="One incident per cause; those below it are counted as members."
            actions={
              <Link to="/on-call" className="text-sm text-dim underline">
                Who is on call?
              </Link>
            }
          />
          <Panel isFlush label="Incidents">
            <div className="border-b px-3 py-2">
              <Choice
                name="state"
                label="State"
                choices={[
                  ['', 'Open'],
                  ['resolved', 'Resolved'],
                ]}
              />
            </div>
            {incidents.length === 0 ? (
              <Empty>
                {which === 'resolved'
                  ? 'No incident was resolved yet.'
                  : 'No incident is open. A problem opens one by itself.'}
              </Empty>
            ) : (
              <IncidentTable incidents={incidents} />
            )}
            <Pages next={nextPageToken} />
          </Panel>
        </>
      )}
    </Asked>
  )
}

/** Errors first. A column that no incident fills is left out. */
function IncidentTable({ incidents }: { readonly incidents: readonly Incident[] }) {
  const has = {
    members: incidents.some(({ members }) => members > 0),
    deadline: incidents.some(({ goneAt }) => goneAt !== null),
    assignee: incidents.some(({ assignee }) => assignee !== null),
  }
  return (
    <Table
      label="Incidents"
      heads={[
        ...['State', 'What', '-Where', '-Since'],
        ...(has.members ? ['->Members'] : []),
        ...(has.deadline ? ['Deadline'] : []),
        ...(has.assignee ? ['-Assigned'] : []),
      ]}
    >
      {incidents.toSorted(bySeverity).map((incident) => (
        <tr key={incident.id}>
          <Cell>
            <Chip state={incident.state === 'open' ? incident.severity : incident.state} />
          </Cell>
          <Cell isWide>
            <Link to={`/incidents/${incident.id}`} className="font-medium">
              <span className="line-clamp-2">
                <Told text={titleOf(incident)} />
              </span>
            </Link>
          </Cell>
          <Cell isMinor>{placeOf(incident)}</Cell>
          <Cell isMinor>
            <When at={incident.openedAt} />
          </Cell>
          {has.members && (
            <Cell isNumber isMinor>
              {incident.members > 0 && incident.members}
            </Cell>
          )}
          {has.deadline && <Cell>{incident.goneAt && deletedIn(incident.goneAt)}</Cell>}
          {has.assignee && <Cell isMinor>{incident.assignee}</Cell>}
        </tr>
      ))}
    </Table>
  )
}

/** Where it is: the shard by name, and the day, or how many. */
function placeOf({ shard, shardName, window, subjects }: Incident): string {
  const days = window === null ? subjects.first.filter((each) => /^\d{4}-\d{2}-\d{2}$/.test(each)) : [window]
  const when = days.length > 1 ? several(subjects.count, 'day') : days.map((day) => dayOf(day)).join('')
  return [shardName ?? shard, when].filter(Boolean).join(', ')
}

/** Errors first; the server's order within a severity. */
function bySeverity(a: Incident, b: Incident): number {
  return Number(b.severity === 'error') - Number(a.severity === 'error')
}
