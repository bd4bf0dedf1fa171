import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf } from '../../data/amount.ts'
import { dayHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pick } from '../../parts/pick.tsx'
import { Series } from '../../parts/series.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { Failures } from './failures.tsx'
import { Profiles } from './profiles.tsx'
import { Unusual } from './unusual.tsx'

type Answer = ApiAnswer<'GET /api/quality/{stream}'>

/** Is it getting worse? */
export function Quality() {
  const [search] = useSearchParams()
  const contracts = useApi('GET /api/contracts')
  const names = contracts.data?.contracts.map(({ stream }) => stream) ?? []
  const stream = search.get('stream') ?? names[0]
  return (
    <Asked query={contracts} what="the streams">
      {() =>
        stream === undefined ? (
          <Empty>No stream has a contract yet.</Empty>
        ) : (
          <>
            <div className="mb-3">
              <Pick name="stream" label="Stream" choices={names} chosen={stream} />
            </div>
            <Trend
              stream={stream}
              pipeline={contracts.data?.contracts.find((each) => each.stream === stream)?.pipeline ?? ''}
            />
            <Unusual />
          </>
        )
      }
    </Asked>
  )
}

function Trend({ stream, pipeline }: { readonly stream: string; readonly pipeline: string }) {
  const query = useApi('GET /api/quality/{stream}', { path: { stream } })
  return (
    <Asked query={query} what={`the trend of ${stream}`}>
      {(answer) => (
        <>
          <Head
            sentence={<Told text={answer.sentence} />}
            more={
              <>
                <Link to={`/data/${encodeURIComponent(stream)}`} className="underline">
                  {stream}
                </Link>
                , by window
              </>
            }
          />
          <Panel title="Rows, and the usual number on that weekday">
            <Series
              label={`Rows of ${stream}`}
              keys={answer.points.map(({ window }) => window)}
              series={[
                { name: 'rows', color: '--ok-mark', values: answer.points.map(({ rows }) => rows) },
                ...(answer.points.some(({ usualRows }) => usualRows !== null)
                  ? [{ name: 'usual', color: '--faint', values: answer.points.map(({ usualRows }) => usualRows) }]
                  : []),
              ]}
            />
          </Panel>
          <Points answer={answer} stream={stream} pipeline={pipeline} />
          <Failures stream={stream} pipeline={pipeline} />
          <Profiles stream={stream} pipeline={pipeline} />
          <Panel title="Checks that failed" isFlush>
            {answer.checks.length === 0 ? (
              <Empty>No check failed in this range.</Empty>
            ) : (
              <Table label="Checks that failed" heads={['Check', 'Rule', '>Failed', 'Last']}>
                {answer.checks.map(({ check, rule, failed, lastFailed }) => (
                  <tr key={`${check}/${rule}`}>
                    <Cell>{check}</Cell>
                    <Cell>{rule}</Cell>
                    <Cell isNumber>{countOf(failed)}</Cell>
                    <Cell>{dayOf(lastFailed)}</Cell>
                  </tr>
                ))}
              </Table>
            )}
          </Panel>
        </>
      )}
    </Asked>
  )
}

interface PointsProps {
  readonly answer: Answer
  readonly stream: string
  readonly pipeline: string
}

/** Each number of a window leads to the day, its rejected rows or its failed checks. */
function Points({ answer, stream, pipeline }: PointsProps) {
  return (
    <Panel title="By window, newest first" isFlush>
      <Table label="By window" heads={['Window', '>Rows', '>Usual', '>Set aside', '>Per thousand', '>Checks failed']}>
        {answer.points.toReversed().map((point) => (
          <tr key={point.window}>
            <Cell>
              <Link to={dayHref(pipeline, point.window)}>{dayOf(point.window)}</Link>
            </Cell>
            <Cell isNumber>
              <Link to={`${dayHref(pipeline, point.window)}?stream=${encodeURIComponent(stream)}`}>
                {countOf(point.rows)}
              </Link>
            </Cell>
            <Cell isNumber>{point.usualRows === null ? '–' : countOf(point.usualRows)}</Cell>
            <Cell isNumber>
              {point.rejected === 0 ? (
                0
              ) : (
                <Link to={`/rejects?by=stream&cause=${encodeURIComponent(JSON.stringify({ stream }))}`}>
                  {countOf(point.rejected)}
                </Link>
              )}
            </Cell>
            <Cell isNumber>{point.rejectedPerThousand.toFixed(2)}</Cell>
            <Cell isNumber>
              {point.failedChecks === 0 ? (
                0
              ) : (
                <Link to={`/quality?stream=${encodeURIComponent(stream)}&window=${encodeURIComponent(point.window)}`}>
                  {countOf(point.failedChecks)}
                </Link>
              )}
            </Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
