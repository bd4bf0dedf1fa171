import { Link, useParams, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { countOf } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { dayHref, sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Act } from '../../parts/act.tsx'
import { Asked } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told, useNames } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { Csv } from './csv.tsx'
import { Disputes, Open } from './open.tsx'
import { Totals } from './totals.tsx'

type Answer = ApiAnswer<'GET /api/days/{pipeline}/{window}'>

/** May the day be closed? */
export function Day() {
  const { pipeline = '', window = '' } = useParams()
  const { me } = useView()
  const path = { pipeline, window }
  const names = useNames()
  const query = useApi('GET /api/days/{pipeline}/{window}', { path })
  return (
    <Asked query={query} what={`${window} of ${pipeline}`}>
      {(day) => (
        <>
          <Head
            trail={
              <>
                <Link to={`/?from=${window}&to=${window}`}>Today</Link> / {dayOf(window, 'long')}
              </>
            }
            sentence={
              <>
                <Told text={day.sentence} /> <Chip state={day.verdict} />
              </>
            }
            more={
              day.changedSinceSignOff
                ? 'It has changed since it was signed.'
                : day.signOffs.map(({ actor, note }) => `Signed by ${actor}: ${note}`).join(' ')
            }
            actions={
              <>
                <Csv day={day} />
                <Button onClick={() => print()}>Print</Button>
                {me.role !== 'viewer' && me.role !== 'analyst' && day.signOffs.length > 0 && (
                  <Act
                    word="Reopen"
                    on={dayOf(window, 'long')}
                    says="takes all signatures away, and judges again what waits for them."
                    onSend={(reason) => reopen(path, reason)}
                  />
                )}
                {me.role !== 'viewer' && (
                  <Act
                    isMain
                    word="Sign"
                    on={dayOf(window, 'long')}
                    says="says that you have seen what the day holds now. A later change waits until it is accepted."
                    onSend={(note) => api('POST /api/days/{pipeline}/{window}:signOff', { path, body: { note } })}
                  />
                )}
              </>
            }
          />
          <Disputes day={day} />
          <Open day={day} />
          <Totals day={day} />
          <Sheet day={day} />
          {day.restatements.length > 0 && (
            <Panel title="Delivered more than once" isFlush>
              <Table label="Restatements" heads={['Where', 'Stream', 'When', '>Rows before', '>Rows after']}>
                {day.restatements.map(({ shard, stream, at, from, to }) => (
                  <tr key={`${shard}/${stream}/${at}`}>
                    <Cell>{names.byId.get(shard) ?? shard}</Cell>
                    <Cell>
                      <Link to={sliceHref({ pipeline, window, shard, stream })}>{stream}</Link>
                    </Cell>
                    <Cell>
                      <When at={at} />
                    </Cell>
                    <Cell isNumber>{countOf(from)}</Cell>
                    <Cell isNumber>{countOf(to)}</Cell>
                  </tr>
                ))}
              </Table>
            </Panel>
          )}
        </>
      )}
    </Asked>
  )
}

/** Files that waited are judged again by a run of their own. */
async function reopen(path: { readonly pipeline: string; readonly window: string }, reason: string): Promise<void> {
  const { waiting } = await api('POST /api/days/{pipeline}/{window}:reopen', { path, body: { reason } })
  if (waiting.length === 0) return
  await api('POST /api/slices:retry', { body: { slices: waiting, reason, fromArchive: true } })
}

function Sheet({ day }: { readonly day: Answer }) {
  const { pipeline, window } = day
  const [search] = useSearchParams()
  const stream = search.get('stream')
  const lines = day.lines.filter((line) => stream === null || line.stream === stream)
  return (
    <Panel
      title={stream === null ? 'File by file' : `File by file: ${stream}`}
      isFlush
      aside={stream !== null && <Link to={dayHref(pipeline, window)}>All streams</Link>}
    >
      {day.lines.length === 0 ? (
        <Empty>Nothing is loaded for this day.</Empty>
      ) : (
        <Table
          label="File by file"
          heads={['Where', 'Stream', '-State', '->Records', '->Set aside', '>Part', '>Table', '']}
        >
          {lines.map((line) => (
            <tr key={`${line.shard}/${line.stream}`}>
              <Cell>
                <Link to={`/locations/${encodeURIComponent(line.shard)}`}>{line.shardName}</Link>
              </Cell>
              <Cell>
                <Link to={sliceHref({ pipeline, window, shard: line.shard, stream: line.stream })}>{line.stream}</Link>
              </Cell>
              <Cell isMinor>
                <Chip state={line.state} />
              </Cell>
              <Cell isNumber isMinor>
                {countOf(line.records)}
              </Cell>
              <Cell isNumber isMinor>
                {countOf(line.rejected)}
              </Cell>
              <Cell isNumber>{countOf(line.partRows)}</Cell>
              <Cell isNumber>{line.tableRows === null ? '?' : countOf(line.tableRows)}</Cell>
              <Cell>{line.isBalanced ? '=' : <Chip state="fail">differs</Chip>}</Cell>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
