import { Link, useSearchParams } from 'react-router'
import { bytesOf, countOf, moneyOf } from '../../data/amount.ts'
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
                <Table label="Costs" heads={['What', '>Cost', '>Bytes', '>Rows']}>
                  {points.map(({ key, cost, bytes, rows }) => (
                    <tr key={key}>
                      <Cell>{dayOf(key)}</Cell>
                      <Cell isNumber>${moneyOf(cost)}</Cell>
                      <Cell isNumber>{bytesOf(bytes)}</Cell>
                      <Cell isNumber>{countOf(rows)}</Cell>
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

function ServiceLevel() {
  const query = useApi('GET /api/sla')
  return (
    <Asked query={query} what="the report of the month">
      {({ month, sentence, figures }) => (
        <Panel title={`Service level, ${month}`} isFlush aside={<a href="/api/sla?format=csv">As CSV</a>}>
          <p className="px-3 pb-2">{sentence}</p>
          <Table label="Service level" heads={['What', '>Reached', '>Goal', '', 'Missed']}>
            {figures.map(({ name, label, value, unit, goal, isMet, missed }) => (
              <tr key={name}>
                <Cell>{label}</Cell>
                <Cell isNumber>{value === null ? 'no data' : `${value} ${unit}`}</Cell>
                <Cell isNumber>
                  {goal} {unit}
                </Cell>
                <Cell>
                  {isMet === null ? '' : <Chip state={isMet ? 'pass' : 'fail'}>{isMet ? 'met' : 'missed'}</Chip>}
                </Cell>
                <Cell isWide>
                  {missed.slice(0, 5).map(({ what, link }) => (
                    <Link key={link} to={link} className="mr-2">
                      {what}
                    </Link>
                  ))}
                </Cell>
              </tr>
            ))}
          </Table>
        </Panel>
      )}
    </Asked>
  )
}
