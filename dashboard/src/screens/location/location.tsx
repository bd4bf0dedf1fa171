import { Link, useParams, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf } from '../../data/amount.ts'
import { dayHref, sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, monthOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { CellMark } from '../today/cell-mark.tsx'
import { linesOf, wordsOf } from '../today/cells.ts'
import { Legend } from '../today/legend.tsx'
import { Contacts } from './contacts.tsx'
import { Lateness } from './lateness.tsx'

/** How is my restaurant? A year of one shard. */
export function Location() {
  const { shard = '' } = useParams()
  const [search] = useSearchParams()
  const to = search.get('to') ?? new Date().toISOString().slice(0, 10)
  const from = search.get('from') ?? `${Number(to.slice(0, 4)) - 1}${to.slice(4)}`
  const pipeline = search.get('pipeline')
  const query = useApi('GET /api/status', {
    query: { shard: [shard], from, to, ...(pipeline !== null && { pipeline }) },
  })
  return (
    <Asked query={query} what={`the year of ${shard}`}>
      {(status) => <Year status={status} />}
    </Asked>
  )
}

function Year({ status }: { readonly status: ApiAnswer<'GET /api/status'> }) {
  const [line] = linesOf(status)
  if (!line)
    return (
      <Head
        trail={<Link to="/">Today</Link>}
        sentence={`There is no such ${status.words.shard.one}, or it is not yours to see.`}
        more={`Today lists every ${status.words.shard.one} that you may see.`}
      />
    )
  const due = line.cells.filter(({ verdict }) => verdict !== 'none')
  const complete = due.filter(({ verdict }) => verdict === 'complete').length
  // Months before the first file say nothing.
  const first = line.cells.findIndex(({ letters }) => letters.trim() !== '')
  const months = Map.groupBy(
    line.cells.filter(
      ({ window }) => first >= 0 && window.slice(0, 7) >= (line.cells[first]?.window.slice(0, 7) ?? ''),
    ),
    ({ window }) => window.slice(0, 7),
  )
  return (
    <>
      <Head
        trail={<Link to="/">Today</Link>}
        sentence={`${line.shard.name}: ${countOf(complete)} of ${countOf(due.length)} ${status.words.window.many} are complete.`}
        more={[line.shard.timeZone, line.shard.closeout && `closes at ${line.shard.closeout}`]
          .filter(Boolean)
          .join(', ')}
      />
      <Panel label="Calendar" isFlush>
        <div className="p-3">
          {[...months].toReversed().map(([month, cells]) => (
            <div key={month} className="mb-2 flex items-center gap-2">
              <span className="w-16 shrink-0 text-xs text-faint">{monthOf(month)}</span>
              <div className="flex flex-1 flex-wrap gap-1">
                {cells.map((cell) => {
                  const worst = [...'!qh.>~'].map((letter) => cell.letters.indexOf(letter)).find((at) => at >= 0) ?? 0
                  const stream = status.streams[worst]?.name ?? ''
                  if (cell.letters.trim() === '')
                    return (
                      <span key={cell.window} title={`${dayOf(cell.window)}: not due`} className="flex w-6">
                        <CellMark cell={cell} />
                      </span>
                    )
                  const words = wordsOf(cell, status.streams)
                  return (
                    <Link
                      key={cell.window}
                      to={
                        cell.verdict === 'disputed'
                          ? dayHref(status.pipeline, cell.window)
                          : sliceHref({ pipeline: status.pipeline, window: cell.window, shard: line.shard.id, stream })
                      }
                      aria-label={`${dayOf(cell.window)}: ${words}`}
                      title={`${dayOf(cell.window)}: ${words}`}
                      className="flex w-6"
                    >
                      <CellMark cell={cell} />
                    </Link>
                  )
                })}
              </div>
            </div>
          ))}
        </div>
        <Legend />
      </Panel>
      <div className="grid gap-x-4 lg:grid-cols-2">
        <Lateness shard={line.shard.id} to={line.cells.at(-1)?.window ?? ''} pipeline={status.pipeline} />
        <Contacts shard={line.shard.id} />
      </div>
    </>
  )
}
