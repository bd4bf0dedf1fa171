import { Link, useSearchParams } from 'react-router'
import { bytesOf, countOf, moneyOf } from '../../data/amount.ts'
import { dayHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'

type By = 'day' | 'kind' | 'location'
const BYS: readonly By[] = ['day', 'kind', 'location']

/** What does a restaurant cost, and is the promise kept? */
export function Costs() {
  const [search] = useSearchParams()
  const by = BYS.find((each) => each === search.get('by')) ?? 'day'
  const query = useApi('GET /api/costs', { query: { by } })
  return (
    <>
      <Asked query={query} what="the costs">
        {({ total, budget, points, note }) => (
          <>
            <Head
              sentence={`$${moneyOf(total)} in this range${budget === null ? '' : `, of a monthly budget of $${moneyOf(budget)}`}.`}
              more={note}
            />
            <Panel isFlush label="Costs">
              <div className="border-b px-3 py-2">
                <Choice
                  name="by"
                  label="By"
                  choices={[
                    ['', 'By day'],
                    ['kind', 'By kind'],
                    ['location', 'By location'],
                  ]}
                />
              </div>
              {points.length === 0 ? (
                <Empty>Nothing was paid for in this range.</Empty>
              ) : (
                <Table label="Costs" heads={headsOf(by)}>
                  {points.map(({ key, name, cost, bytes, rows }) => (
                    <tr key={key}>
                      <Cell>
                        <What by={by} at={key} name={name} />
                      </Cell>
                      <Cell isNumber>${moneyOf(cost)}</Cell>
                      <Cell isNumber>{bytesOf(bytes)}</Cell>
                      {by !== 'location' && <Cell isNumber>{countOf(rows)}</Cell>}
                    </tr>
                  ))}
                </Table>
              )}
            </Panel>
          </>
        )}
      </Asked>
      <ServiceLevel />
    </>
  )
}

function headsOf(by: By): readonly string[] {
  if (by === 'location') return ['Location', '>Cost', '>Bytes of its files']
  return [by === 'day' ? 'Day, in UTC' : 'Kind', '>Cost', '>Bytes billed', '>Rows loaded']
}

interface WhatProps {
  readonly by: By
  readonly at: string
  readonly name: string
}

/** Object of a cost: a day leads to its runs, a location to its calendar. */
function What({ by, at, name }: WhatProps) {
  if (by === 'location') return <Link to={`/locations/${encodeURIComponent(at)}`}>{name}</Link>
  if (by === 'day') return <Link to={`/runs?from=${at}`}>{dayOf(at)}</Link>
  return name.replaceAll('_', ' ')
}

/** Where the figures of the report come from, by the first word of their name. */
const ORIGINS: Readonly<Record<string, string>> = {
  Complete: '/?state=incomplete&days=31',
  File: '/runs',
  Rejected: '/rejects',
  Cost: '/costs',
  Incidents: '/incidents?state=resolved',
}

function ServiceLevel() {
  const query = useApi('GET /api/sla')
  return (
    <Asked query={query} what="the report of the month">
      {({ month, reports }) =>
        reports.map(({ pipeline, figures, missed }) => (
          <Panel
            key={pipeline}
            title={`Service level of ${pipeline}, ${month}`}
            isFlush
            aside={<a href={`/api/sla?month=${month}&format=csv`}>As CSV</a>}
          >
            <Table label={`Service level of ${pipeline}`} heads={['What', '>Reached', '>Goal', '', 'Note']}>
              {figures.map(({ name, value, goal, isMet, note }) => (
                <tr key={name}>
                  <Cell>{name}</Cell>
                  <Cell isNumber>
                    <Link to={ORIGINS[name.split(' ')[0] ?? ''] ?? '/runs'}>{value}</Link>
                  </Cell>
                  <Cell isNumber>{goal}</Cell>
                  <Cell>
                    {isMet === null ? '' : <Chip state={isMet ? 'pass' : 'fail'}>{isMet ? 'met' : 'missed'}</Chip>}
                  </Cell>
                  <Cell isWide>{note}</Cell>
                </tr>
              ))}
            </Table>
            {missed.length > 0 && (
              <p className="px-3 py-2 text-sm text-dim">
                Missed:{' '}
                {missed.slice(0, 5).map(({ shard, shardName, window }) => (
                  <Link
                    key={`${shard}/${window}`}
                    to={dayHref(pipeline, window)}
                    className="mr-2 underline wrap-anywhere"
                  >
                    {shardName}, {dayOf(window)}
                  </Link>
                ))}
                {missed.length > 5 && `and ${countOf(missed.length - 5)} more`}
              </p>
            )}
          </Panel>
        ))
      }
    </Asked>
  )
}
