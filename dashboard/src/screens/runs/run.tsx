import { Link, useParams } from 'react-router'
import { countOf, moneyOf } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, spanOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

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
                {run.sentence} <Chip state={run.state} />
              </>
            }
            more={
              <>
                {run.pipeline}, begun <When at={run.startedAt ?? run.createdAt} />
                {run.seconds !== null && `, took ${spanOf(run.seconds * 1000)}`}. {countOf(run.rows)} rows,{' '}
                {countOf(run.rejected)} set aside, {countOf(run.unchanged)} files as they were.
                {run.reason && ` ${run.reason.message} ${run.reason.remedy}`}
              </>
            }
          />
          <Sheet id={id} pipeline={run.pipeline} />
          <Looks id={id} pipeline={run.pipeline} />
        </>
      )}
    </Asked>
  )
}

function Sheet({ id, pipeline }: { readonly id: string; readonly pipeline: string }) {
  const query = useApi('GET /api/runs/{id}/sheet', { path: { id } })
  return (
    <Panel title="The same rows and cents in file, part and table" isFlush>
      <Asked query={query} what="the reconciliation sheet">
        {({ lines }) =>
          lines.length === 0 ? (
            <Empty>This run published nothing.</Empty>
          ) : (
            <Table
              label="Reconciliation sheet"
              heads={['What', '>Records', '>Accepted', '>Set aside', '>Part', '>Table', '>Money', 'Equal']}
            >
              {lines.map((line) => (
                <tr key={`${line.window}/${line.shard}/${line.stream}`}>
                  <Cell>
                    <Link
                      to={`/slices/${[pipeline, line.window, line.shard, line.stream].map(encodeURIComponent).join('/')}`}
                    >
                      {line.shardName} · {dayOf(line.window)} · {line.stream}
                    </Link>
                  </Cell>
                  <Cell isNumber>{countOf(line.records)}</Cell>
                  <Cell isNumber>{countOf(line.accepted)}</Cell>
                  <Cell isNumber>{countOf(line.rejected)}</Cell>
                  <Cell isNumber>{countOf(line.partRows)}</Cell>
                  <Cell isNumber>{line.tableRows === null ? '?' : countOf(line.tableRows)}</Cell>
                  <Cell isNumber>{line.money[0] ? `${moneyOf(line.money[0].part)} ${line.money[0].column}` : ''}</Cell>
                  <Cell>{line.isBalanced ? <Chip state="pass">equal</Chip> : <Chip state="fail">differs</Chip>}</Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Asked>
    </Panel>
  )
}

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
                    <Chip state={slice.outcome} />
                  </Cell>
                  <Cell isNumber>{slice.accepted === null ? '' : countOf(slice.accepted)}</Cell>
                  <Cell isNumber>{slice.rejected === null ? '' : countOf(slice.rejected)}</Cell>
                  <Cell isNumber>{spanOf(slice.milliseconds)}</Cell>
                  <Cell isWide>{slice.reason?.message}</Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Asked>
    </Panel>
  )
}
