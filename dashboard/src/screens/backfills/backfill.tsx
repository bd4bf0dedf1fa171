import { Link, useParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { countOf, several } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { dayHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Act } from '../../parts/act.tsx'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

type Answer = ApiAnswer<'GET /api/backfill/{id}'>

/** A backfill and how far it is. */
export function Backfill() {
  const { id = '' } = useParams()
  const query = useApi('GET /api/backfill/{id}', { path: { id } })
  return (
    <Asked query={query} what={`the backfill ${id}`}>
      {(backfill) => (
        <>
          <Head
            trail={<Link to="/backfills">Backfills</Link>}
            sentence={
              <>
                <Told text={backfill.sentence} /> <Chip state={backfill.state} />
              </>
            }
            more={backfill.reason && <Told text={`${backfill.reason.message} ${backfill.reason.remedy}`} />}
            actions={<Actions backfill={backfill} />}
          />
          <progress
            value={backfill.done}
            max={Math.max(1, backfill.slices)}
            aria-label={`${countOf(backfill.done)} of ${several(backfill.slices, 'slice')} are done`}
            className="mb-4 h-2 w-full"
          />
          <Panel title="By window" isFlush>
            {backfill.progress.length === 0 ? (
              <Empty>No run of it has looked at a window yet.</Empty>
            ) : (
              <Table label="Progress" heads={['Window', '>Done', '>Failed', '>Open']}>
                {backfill.progress.map(({ window, done, failed, open }) => (
                  <tr key={window}>
                    <Cell>
                      <Link to={dayHref(backfill.pipeline, window)}>{dayOf(window)}</Link>
                    </Cell>
                    <Cell isNumber>{countOf(done)}</Cell>
                    <Cell isNumber>{failed > 0 ? <strong className="text-miss">{countOf(failed)}</strong> : 0}</Cell>
                    <Cell isNumber>{countOf(open)}</Cell>
                  </tr>
                ))}
              </Table>
            )}
          </Panel>
          <Panel title="Its runs">
            <ul>
              {backfill.runIds.map((run) => (
                <li key={run}>
                  <Link to={`/runs/${run}`} className="font-mono text-sm">
                    {run}
                  </Link>
                </li>
              ))}
            </ul>
          </Panel>
        </>
      )}
    </Asked>
  )
}

const STEERS = [
  {
    act: 'pause',
    word: 'Pause',
    says: 'begins no further run of it; the present run ends by itself.',
    states: ['running', 'queued'],
  },
  { act: 'resume', word: 'Resume', says: 'goes on with the next window.', states: ['paused'] },
  {
    act: 'cancel',
    word: 'Cancel',
    says: 'ends it for good; what is published stays.',
    states: ['running', 'queued', 'paused'],
  },
  {
    act: 'retry',
    word: 'Retry',
    says: 'goes through the range again; what is done is not done twice.',
    states: ['failed', 'partial', 'cancelled'],
  },
] as const

function Actions({ backfill }: { readonly backfill: Answer }) {
  const { me } = useView()
  if (me.role === 'viewer' || me.role === 'analyst') return null
  const on = `${dayOf(backfill.from)} to ${dayOf(backfill.to)}`
  return STEERS.filter(({ states }) => (states as readonly string[]).includes(backfill.state)).map(
    ({ act, word, says }) => (
      <Act
        key={act}
        word={word}
        on={on}
        says={says}
        onSend={(reason) => api(`POST /api/backfill/{id}:${act}`, { path: { id: backfill.id }, body: { reason } })}
      />
    ),
  )
}
