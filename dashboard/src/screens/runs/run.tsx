import { Link, useParams } from 'react-router'
import { countOf } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, spanOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { Actions } from './actions.tsx'
import { Log } from './log.tsx'
import { Sheet } from './sheet.tsx'
import { Steps } from './steps.tsx'

/** A run: its reason first, then the reconciliation sheet and what it looked at. */
export function Run() {
  const { id = '' } = useParams()
  const query = useApi('GET /api/runs/{id}', { path: { id } })
  return (
    <Asked query={query} what={`the run ${id}`}>
      {(run) => (
        <>
          <Head
            trail={<Link to="/runs">Runs</Link>}
            sentence={
              <>
                <Told text={run.sentence} /> <Chip state={run.state} />
              </>
            }
            more={
              <>
                {run.pipeline}, begun <When at={run.startedAt ?? run.createdAt} />
                {run.seconds !== null && `, took ${spanOf(run.seconds * 1000)}`}. {countOf(run.rows)} rows,{' '}
                {countOf(run.rejected)} set aside, {countOf(run.unchanged)} files as they were.
              </>
            }
            actions={<Actions run={run} />}
          />
          {run.reason && <Why reason={run.reason} />}
          <Sheet id={id} pipeline={run.pipeline} />
          <Looks id={id} pipeline={run.pipeline} />
          <Steps id={id} />
          <Log id={id} isRunning={run.state === 'running'} />
        </>
      )}
    </Asked>
  )
}

function Why({
  reason,
}: {
  readonly reason: { readonly code: string; readonly message: string; readonly remedy: string }
}) {
  return (
    <Panel title="Why, and what to do">
      <p className="max-w-[110ch] [overflow-wrap:anywhere]">
        <Told text={reason.message} />
      </p>
      <p className="mt-1 max-w-[110ch] text-dim">
        <Told text={reason.remedy} /> <span className="font-mono text-sm">{reason.code}</span>
      </p>
    </Panel>
  )
}

/** Outcomes of slices whose rows the run brought into the table. */
const PUBLISHED: readonly string[] = ['staged', 'resumed']

function Looks({ id, pipeline }: { readonly id: string; readonly pipeline: string }) {
  const query = useApi('GET /api/runs/{id}/slices', { path: { id }, query: { pageSize: 200 } })
  return (
    <Panel title="What it looked at, failures first" isFlush>
      <Asked query={query} what="what the run looked at">
        {({ slices }) =>
          slices.length === 0 ? (
            <Empty>Nothing: every file was as it had been.</Empty>
          ) : (
            <Table
              label="What the run looked at"
              heads={['What', 'Outcome', '>Accepted', '>Set aside', '>Took', 'Why']}
            >
              {slices.map((slice) => (
                <tr key={`${slice.window}/${slice.shard}/${slice.stream}`}>
                  <Cell>
                    <Link
                      to={`/slices/${[pipeline, slice.window, slice.shard, slice.stream].map(encodeURIComponent).join('/')}`}
                    >
                      {slice.shardName} · {dayOf(slice.window)} · {slice.stream}
                    </Link>
                  </Cell>
                  <Cell>
                    <Chip state={PUBLISHED.includes(slice.outcome) ? 'published' : slice.outcome} />
                  </Cell>
                  <Cell isNumber>{slice.accepted === null ? '' : countOf(slice.accepted)}</Cell>
                  <Cell isNumber>{slice.rejected === null ? '' : countOf(slice.rejected)}</Cell>
                  <Cell isNumber>{spanOf(slice.milliseconds)}</Cell>
                  <Cell isWide>{slice.reason && <Told text={slice.reason.message} />}</Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Asked>
    </Panel>
  )
}
