import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf, moneyOf, several } from '../../data/amount.ts'
import { sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, isDated } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'

type Line = ApiAnswer<'GET /api/runs/{id}/sheet'>['lines'][number]

/** Reconciliation sheet: what differs is open; the rest is a line per stream, and file by file where one asks. */
export function Sheet({ id, pipeline }: { readonly id: string; readonly pipeline: string }) {
  const query = useApi('GET /api/runs/{id}/sheet', { path: { id } })
  return (
    <Panel title="The same rows and cents in file, part and table" isFlush>
      <Asked query={query} what="the reconciliation sheet">
        {({ lines }) => {
          if (lines.length === 0) return <Empty>This run published nothing.</Empty>
          const wrong = lines.filter(({ isBalanced }) => !isBalanced)
          return (
            <>
              {wrong.length > 0 && <Files lines={wrong} pipeline={pipeline} label="Files that differ" />}
              <Streams lines={lines} />
              <details className="px-3 py-2" id="files">
                <summary className="cursor-pointer text-dim">{several(lines.length, 'file')}, one by one</summary>
                <Files lines={lines} pipeline={pipeline} label="File by file" />
              </details>
            </>
          )
        }}
      </Asked>
    </Panel>
  )
}

function Streams({ lines }: { readonly lines: readonly Line[] }) {
  const sum = (own: readonly Line[], count: (line: Line) => number) =>
    countOf(own.reduce((total, line) => total + count(line), 0))
  return (
    <Table
      label="Reconciliation sheet"
      heads={['Stream', '>Files', '->Records', '->Accepted', '->Set aside', '>Part', '>Table', 'Equal']}
    >
      {[...Map.groupBy(lines, ({ stream }) => stream)].map(([stream, own]) => (
        <tr key={stream}>
          <Cell>
            {own.every(({ window }) => isDated(window)) ? (
              <Link to={`/data/${encodeURIComponent(stream)}`}>{stream}</Link>
            ) : (
              stream
            )}
          </Cell>
          <Cell isNumber>{countOf(own.length)}</Cell>
          <Cell isNumber isMinor>
            {sum(own, ({ records }) => records)}
          </Cell>
          <Cell isNumber isMinor>
            {sum(own, ({ accepted }) => accepted)}
          </Cell>
          <Cell isNumber isMinor>
            {sum(own, ({ rejected }) => rejected)}
          </Cell>
          <Cell isNumber>{sum(own, ({ partRows }) => partRows)}</Cell>
          <Cell isNumber>
            {own.some(({ tableRows }) => tableRows === null) ? '?' : sum(own, ({ tableRows }) => tableRows ?? 0)}
          </Cell>
          <Cell>
            <Equal isEqual={own.every(({ isBalanced }) => isBalanced)} />
          </Cell>
        </tr>
      ))}
    </Table>
  )
}

interface FilesProps {
  readonly lines: readonly Line[]
  readonly pipeline: string
  readonly label: string
}

function Files({ lines, pipeline, label }: FilesProps) {
  return (
    <Table label={label} heads={['File', '->Accepted', '->Set aside', '>Part', '>Table', '->Money', 'Equal']}>
      {lines.map((line) => (
        <tr key={`${line.window}/${line.shard}/${line.stream}`}>
          <Cell>
            <Link to={sliceHref({ pipeline, ...line })}>
              {line.shardName} · {dayOf(line.window)} · {line.stream}
            </Link>
          </Cell>
          <Cell isNumber isMinor>
            {countOf(line.accepted)}
          </Cell>
          <Cell isNumber isMinor>
            {countOf(line.rejected)}
          </Cell>
          <Cell isNumber>{countOf(line.partRows)}</Cell>
          <Cell isNumber>{line.tableRows === null ? '?' : countOf(line.tableRows)}</Cell>
          <Cell isNumber isMinor>
            {line.money[0] ? `${moneyOf(line.money[0].part)} ${line.money[0].column}` : ''}
          </Cell>
          <Cell>
            <Equal isEqual={line.isBalanced} />
          </Cell>
        </tr>
      ))}
    </Table>
  )
}

function Equal({ isEqual }: { readonly isEqual: boolean }) {
  return isEqual ? <Chip state="pass">equal</Chip> : <Chip state="fail">differs</Chip>
}
