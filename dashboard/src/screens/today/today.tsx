import { useCallback, useMemo, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { usePipeline } from '../../app/view.ts'
import { countOf, moneyOf } from '../../data/amount.ts'
import { dayHref, sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, daysBefore } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Told } from '../../parts/told.tsx'
import { useRoomFor } from '../../parts/use-media.ts'
import { Bulk } from './bulk.tsx'
import { Cards } from './cards.tsx'
import { type Cell, type Line, linesOf } from './cells.ts'
import { LastRuns } from './last-runs.tsx'
import { Legend } from './legend.tsx'
import { Matrix } from './matrix.tsx'
import { Needs } from './needs.tsx'
import { Tables } from './tables.tsx'
import { Tools } from './tools.tsx'

type Status = ApiAnswer<'GET /api/status'>

/** Is it all there, and is it right? */
export function Today() {
  const [search] = useSearchParams()
  const own = usePipeline()
  const isWide = useRoomFor('month')
  // A month ends where the usual week ends; only that week says where.
  const week = useApi('GET /api/status', { query: own })
  const query = useApi('GET /api/status', {
    query: queryOf(search, {
      own,
      newest: week.data?.to ?? null,
      isMonth: (search.get('days') ?? (isWide ? '31' : '7')) === '31',
    }),
  })
  return (
    <Asked query={query} what="the matrix">
      {(status) => (status.tables === null ? <Matrixed status={status} search={search} /> : <Tables status={status} />)}
    </Asked>
  )
}

function Matrixed({ status, search }: { readonly status: Status; readonly search: URLSearchParams }) {
  const lines = useMemo(() => linesOf(status), [status])
  const hasGrid = useRoomFor('grid')
  const toHref = useCallback((line: Line, cell: Cell) => hrefOf(status, line, cell), [status])
  const [selected, select] = useState<ReadonlySet<string>>(new Set())
  const text = (search.get('q') ?? '').toLowerCase()
  const shown = lines.filter(({ shard }) => `${shard.name} ${shard.id}`.toLowerCase().includes(text))
  const { counts, headline, words } = status
  return (
    <>
      <Head
        sentence={<Told text={status.sentence} />}
        more={
          headline && (
            <>
              <Link to={dayHref(status.pipeline, headline.window)}>
                {headline.unit === 'USD' ? '$' : `${headline.unit} `}
                {moneyOf(headline.amount)}
              </Link>{' '}
              {headline.label} loaded for {dayOf(headline.window)}
            </>
          )
        }
      />
      <Needs status={status} />
      <Panel isFlush label={`${words.shard.many} by ${words.window.one}`}>
        <Tools words={words} range={status} summary={<Summary counts={counts} />}>
          <Bulk status={status} lines={shown} selected={selected} onDone={() => select(new Set())} />
        </Tools>
        {shown.length === 0 ? (
          <Empty>
            {lines.length === 0 ? (
              search.has('state') ? (
                `No ${words.shard.one} is ${search.get('state')} in this range.`
              ) : (
                <>
                  No {words.shard.one} has data yet. A run looks for files: <code>npx daybreak run</code>
                </>
              )
            ) : (
              `No ${words.shard.one} matches.`
            )}
          </Empty>
        ) : hasGrid ? (
          <Matrix
            status={status}
            lines={shown}
            selected={selected}
            onSelect={(key) =>
              select(new Set(selected.has(key) ? [...selected].filter((each) => each !== key) : [...selected, key]))
            }
            hrefOf={toHref}
          />
        ) : (
          <Cards status={status} lines={shown} hrefOf={toHref} />
        )}
        <Legend />
      </Panel>
      <LastRuns />
    </>
  )
}

/** Days of all shards by verdict; what needs a person leads to it. */
function Summary({ counts }: { readonly counts: Status['counts'] }) {
  const [search] = useSearchParams()
  const only = (state: string) => {
    const next = new URLSearchParams(search)
    next.set('state', state)
    return { search: next.toString() }
  }
  return (
    <span className="whitespace-nowrap">
      {countOf(counts.complete)} complete
      {(['incomplete', 'disputed'] as const).map((state) =>
        counts[state] === 0 ? null : (
          <span key={state}>
            {' · '}
            <Link to={only(state)} className="underline decoration-line-strong underline-offset-2">
              {countOf(counts[state])} {state}
            </Link>
          </span>
        ),
      )}
    </span>
  )
}

/** Where a cell leads: a disputed day to the day, else to the first stream that needs a person, else to the first. */
function hrefOf({ pipeline, streams }: Status, { shard }: Line, { window, letters, verdict }: Cell): string {
  const worst = [...'!qh.>~'].map((letter) => letters.indexOf(letter)).find((at) => at >= 0) ?? 0
  const stream = streams[worst]?.name ?? streams[0]?.name ?? ''
  if (verdict === 'disputed' || letters.trim() === '') return dayHref(pipeline, window)
  return sliceHref({ pipeline, window, shard: shard.id, stream })
}

interface Range {
  readonly own: { readonly pipeline?: string }
  /** Last window of the usual week; null while it is not known. */
  readonly newest: string | null
  readonly isMonth: boolean
}

function queryOf(search: URLSearchParams, { own, newest, isMonth }: Range) {
  const state = search.get('state')
  return {
    ...own,
    ...(isMonth && newest !== null && !search.has('from') && { from: daysBefore(newest, 30), to: newest }),
    ...(search.has('from') && { from: search.get('from') ?? '' }),
    ...(search.has('to') && { to: search.get('to') ?? '' }),
    ...((state === 'incomplete' || state === 'disputed') && { state: state as 'incomplete' | 'disputed' }),
  }
}
