import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf, moneyOf } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cards } from './cards.tsx'
import { type Cell, type Line, linesOf } from './cells.ts'
import { LastRuns } from './last-runs.tsx'
import { Legend } from './legend.tsx'
import { Matrix } from './matrix.tsx'
import { Needs } from './needs.tsx'
import { Tools } from './tools.tsx'

type Status = ApiAnswer<'GET /api/status'>

/** Is it all there, and is it right? */
export function Today() {
  const [search] = useSearchParams()
  const query = useApi('GET /api/status', { query: queryOf(search) })
  return (
    <Asked query={query} what="the matrix">
      {(status) => <Matrixed status={status} search={search} />}
    </Asked>
  )
}

function Matrixed({ status, search }: { readonly status: Status; readonly search: URLSearchParams }) {
  const lines = useMemo(() => linesOf(status), [status])
  const text = (search.get('q') ?? '').toLowerCase()
  const shown = lines.filter(({ shard }) => `${shard.name} ${shard.id}`.toLowerCase().includes(text))
  const { counts, headline, words } = status
  return (
    <>
      <Head
        sentence={status.sentence}
        more={headline && `${moneyOf(headline.amount)} ${headline.unit} ${headline.label}`}
      />
      <Needs status={status} />
      <Panel isFlush label={`${words.shard.many} by ${words.window.one}`}>
        <Tools
          words={words}
          summary={`${countOf(counts.complete)} complete · ${countOf(counts.incomplete)} incomplete · ${countOf(counts.disputed)} disputed`}
        />
        {shown.length === 0 ? (
          <Empty>
            {lines.length === 0
              ? `No ${words.shard.one} has data yet. A run looks for files: npx daybreak run`
              : `No ${words.shard.one} matches.`}
          </Empty>
        ) : (
          <>
            <div className="hidden md:block">
              <Matrix status={status} lines={shown} hrefOf={(line, cell) => hrefOf(status, line, cell)} />
            </div>
            <div className="md:hidden">
              <Cards status={status} lines={shown} hrefOf={(line, cell) => hrefOf(status, line, cell)} />
            </div>
          </>
        )}
        <Legend />
      </Panel>
      <LastRuns />
    </>
  )
}

/** Where a cell leads: to the first stream that needs a person, else to the first. */
function hrefOf({ pipeline, streams }: Status, { shard }: Line, { window, letters }: Cell): string {
  const worst = [...'!qh.>~'].map((letter) => letters.indexOf(letter)).find((at) => at >= 0) ?? 0
  const stream = streams[worst]?.name ?? streams[0]?.name ?? ''
  return `/slices/${[pipeline, window, shard.id, stream].map(encodeURIComponent).join('/')}`
}

function queryOf(search: URLSearchParams) {
  const state = search.get('state')
  return {
    ...(search.has('pipeline') && { pipeline: search.get('pipeline') ?? '' }),
    ...(search.has('from') && { from: search.get('from') ?? '' }),
    ...(search.has('to') && { to: search.get('to') ?? '' }),
    ...((state === 'incomplete' || state === 'disputed') && { state: state as 'incomplete' | 'disputed' }),
  }
}
