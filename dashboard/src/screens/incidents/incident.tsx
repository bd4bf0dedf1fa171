import { Link, useParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { several } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { useApi } from '../../data/query.ts'
import { spanOf } from '../../data/time.ts'
import { Act } from '../../parts/act.tsx'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { titleOf } from './title.ts'

type Answer = ApiAnswer<'GET /api/incidents/{id}'>

/** An incident: cause, remedy, reach, timeline. */
export function Incident() {
  const { id = '' } = useParams()
  const query = useApi('GET /api/incidents/{id}', { path: { id } })
  return (
    <Asked query={query} what={`the incident ${id}`}>
      {(incident) => (
        <>
          <Head
            trail={<Link to="/incidents">Incidents</Link>}
            sentence={
              <>
                <Told text={titleOf(incident)} /> <Chip state={incident.state} />
              </>
            }
            more={incident.reason.message !== incident.title && <Told text={incident.reason.message} />}
            actions={<Actions incident={incident} />}
          />
          <div className="grid gap-x-4 lg:grid-cols-2">
            <Cause incident={incident} />
            <Timeline incident={incident} />
          </div>
          {incident.members.length > 0 && <Members incident={incident} />}
        </>
      )}
    </Asked>
  )
}

function Actions({ incident }: { readonly incident: Answer }) {
  const { me } = useView()
  if (me.role === 'viewer' || me.role === 'analyst' || incident.state === 'resolved') return null
  const path = { id: incident.id }
  const reach = several(Math.max(1, incident.subjects.count), 'subject')
  return (
    <>
      <Act
        isMain
        shortcut="a"
        link="ack"
        word="Acknowledge"
        on={incident.title}
        says="says that you work on it: no other person is told of it meanwhile."
        onSend={(note) => api('POST /api/incidents/{id}:ack', { path, body: { note } })}
      />
      <Act
        word="Snooze for a day"
        on={incident.title}
        says={`keeps it quiet for 24 hours. It still concerns ${reach}.`}
        onSend={(note) => api('POST /api/incidents/{id}:snooze', { path, body: { hours: 24, note } })}
      />
      <Act
        word="Add a note"
        on={incident.title}
        says="adds a line to the timeline."
        onSend={(text) => api('POST /api/incidents/{id}:note', { path, body: { text } })}
      />
      <Act
        word="Resolve"
        on={incident.title}
        says="closes it. The next report of the cause opens a new one."
        onSend={(reason) => api('POST /api/incidents/{id}:resolve', { path, body: { reason } })}
      />
    </>
  )
}

function Cause({ incident }: { readonly incident: Answer }) {
  const { reason, subjects, goneAt, runId, onCall } = incident
  return (
    <Panel title="Cause and remedy">
      <p>
        <span className="font-mono text-sm">{reason.code}</span> <Told text={reason.remedy} />{' '}
        {reason.runbook && <span className="text-dim">Runbook: {reason.runbook}</span>}
      </p>
      <dl className="mt-3 grid grid-cols-[90px_minmax(0,1fr)] gap-y-1">
        <dt className="text-dim">reach</dt>
        <dd>
          {several(subjects.count, 'subject')}
          {subjects.first.length > 0 && (
            <>
              : <Told text={subjects.first.join(', ')} isWithin />
            </>
          )}
        </dd>
        <dt className="text-dim">deadline</dt>
        <dd>{goneAt ? `the source deletes the first file in ${spanOf(Date.parse(goneAt) - Date.now())}` : 'none'}</dd>
        <dt className="text-dim">on call</dt>
        <dd>{onCall ?? 'no one'}</dd>
        <dt className="text-dim">run</dt>
        <dd>{runId === null ? 'none' : <Link to={`/runs/${runId}`}>the run that reported it</Link>}</dd>
      </dl>
    </Panel>
  )
}

function Timeline({ incident }: { readonly incident: Answer }) {
  return (
    <Panel title="Timeline" isFlush>
      {incident.timeline.length === 0 ? (
        <Empty>Nothing was done yet.</Empty>
      ) : (
        <Table label="Timeline" heads={['When', 'Who', 'What']}>
          {incident.timeline.map(({ at, actor, kind, text }) => (
            <tr key={`${at}/${kind}/${text}`}>
              <Cell>
                <When at={at} />
              </Cell>
              <Cell>{actor}</Cell>
              <Cell isWide>
                {kind} <Told text={text} isWithin />
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

function Members({ incident }: { readonly incident: Answer }) {
  return (
    <Panel title={`${several(incident.members.length, 'incident')} of the same cause`} isFlush>
      <Table label="Members" heads={['State', 'What', 'Since']}>
        {incident.members.map((member) => (
          <tr key={member.id}>
            <Cell>
              <Chip state={member.state} />
            </Cell>
            <Cell isWide>
              <Link to={`/incidents/${member.id}`}>
                <Told text={member.title} />
              </Link>
            </Cell>
            <Cell>
              <When at={member.openedAt} />
            </Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
