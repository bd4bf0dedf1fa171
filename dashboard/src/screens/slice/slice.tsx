import { Link, useParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf, moneyOf, several } from '../../data/amount.ts'
import { dayHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, isDated } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { Actions } from './actions.tsx'
import { Origin } from './origin.tsx'
import { Rejects } from './rejects.tsx'
import { Versions } from './versions.tsx'

type Answer = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}'>

/** What happened to this file? */
export function Slice() {
  const { pipeline = '', window = '', shard = '', stream = '' } = useParams()
  const query = useApi('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', {
    path: { pipeline, window, shard, stream },
  })
  return (
    <Asked query={query} what={`${stream} of ${shard}, ${window}`}>
      {(slice) => (
        <>
          <Head
            trail={
              <>
                <Link to="/">Today</Link> / <Place slice={slice} /> / {slice.stream}
              </>
            }
            sentence={
              <>
                <Told text={slice.sentence} /> <Chip state={slice.state} />
              </>
            }
            more={slice.reason && <Told text={slice.reason.remedy} />}
            actions={<Actions slice={slice} />}
          />
          <Life slice={slice} />
          <div className="grid gap-x-4 lg:grid-cols-2">
            <Equal slice={slice} />
            <Origin slice={slice} />
          </div>
          <Versions slice={slice} key={slice.versions.length} />
          <Checks slice={slice} />
          {(slice.rejected ?? 0) > 0 && (
            <div id="rejects">
              <Rejects slice={slice} />
            </div>
          )}
        </>
      )}
    </Asked>
  )
}

/** Shard and window; those of a table have no pages of their own. */
function Place({ slice }: { readonly slice: Answer }) {
  const { pipeline, window, shard, shardName } = slice
  if (!isDated(window)) return shard === 'all' ? window : `${window} / ${shardName}`
  return (
    <>
      <Link to={`/locations/${encodeURIComponent(shard)}`}>{shardName}</Link> /{' '}
      <Link to={dayHref(pipeline, window)}>{dayOf(window)}</Link>
    </>
  )
}

function Life({ slice }: { readonly slice: Answer }) {
  return (
    <ol
      aria-label={isDated(slice.window) ? 'Life of the file' : 'Life of the rows'}
      className="mb-4 flex flex-wrap rounded-lg border bg-panel"
    >
      {slice.life.map(({ step, at, note }) => (
        <li key={step} className="min-w-[130px] flex-1 border-r px-3 py-2 last:border-0">
          <span className={at === null ? 'text-faint' : 'font-semibold'}>
            <span aria-hidden="true" className="mr-1 text-ok">
              {at === null ? '·' : '✓'}
            </span>
            {step}
          </span>
          <div className="text-sm text-dim">
            {at !== null && <When at={at} place={slice.timeZone} />} {note}
          </div>
        </li>
      ))}
    </ol>
  )
}

function Equal({ slice }: { readonly slice: Answer }) {
  const { delivery } = slice
  const title = isDated(slice.window)
    ? 'The same rows and cents in file, part and table'
    : 'The same rows and sums at the source, in the part and in the table'
  if (!delivery) return <Panel title={title}>Nothing is published yet.</Panel>
  const money = Object.entries(delivery.totals)
  return (
    <Panel title={title} isFlush>
      <Table
        label="File, part and table"
        heads={['', isDated(slice.window) ? '>File' : '>Source', '>Part', '>Table', '']}
      >
        <tr>
          <Cell>rows</Cell>
          <Cell isNumber>
            {countOf(delivery.counts.accepted)}
            {delivery.counts.rejected > 0 && (
              <a href="#rejects" className="text-dim">
                {' '}
                + {countOf(delivery.counts.rejected)} set aside
              </a>
            )}
          </Cell>
          <Cell isNumber>{countOf(delivery.partRows)}</Cell>
          <Cell isNumber>{delivery.tableRows === null ? '?' : countOf(delivery.tableRows)}</Cell>
          <Cell>{delivery.tableRows === null ? '' : delivery.tableRows === delivery.partRows ? '=' : '≠'}</Cell>
        </tr>
        {money.map(([column, total]) => (
          <tr key={column}>
            <Cell>{column}</Cell>
            <Cell isNumber>{moneyOf(total)}</Cell>
            <Cell isNumber>{moneyOf(total)}</Cell>
            <Cell isNumber>{delivery.tableTotals ? moneyOf(delivery.tableTotals[column] ?? '') : '?'}</Cell>
            <Cell>{delivery.tableTotals ? (delivery.tableTotals[column] === total ? '=' : '≠') : ''}</Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

/** Checks that did not pass are open; those that did are folded. */
function Checks({ slice }: { readonly slice: Answer }) {
  if (slice.checks.length === 0) return null
  const passed = slice.checks.filter(({ state }) => state === 'pass')
  const others = slice.checks.filter(({ state }) => state !== 'pass')
  return (
    <Panel title="Checks" isFlush>
      {others.length > 0 && <CheckTable checks={others} />}
      {passed.length > 0 && (
        <details className="px-3 py-2">
          <summary className="cursor-pointer text-dim">{several(passed.length, 'check passes', 'checks pass')}</summary>
          <CheckTable checks={passed} />
        </details>
      )}
    </Panel>
  )
}

function CheckTable({ checks }: { readonly checks: Answer['checks'] }) {
  return (
    <Table label="Checks" heads={['Check', 'Result', '->Tested', '->Failed', 'What it found']}>
      {checks.map(({ check, rule, state, tested, failed, message }) => (
        <tr key={`${check}/${rule}`}>
          <Cell>{check}</Cell>
          <Cell>
            <Chip state={state} />
          </Cell>
          <Cell isNumber isMinor>
            {countOf(tested)}
          </Cell>
          <Cell isNumber isMinor>
            {countOf(failed)}
          </Cell>
          <Cell isWide>
            <Told text={message} />
          </Cell>
        </tr>
      ))}
    </Table>
  )
}
