import { useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf, moneyOf } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pick } from '../../parts/pick.tsx'
import { Series } from '../../parts/series.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

interface ProfilesProps {
  readonly stream: string
  readonly pipeline: string
}

type Answer = ApiAnswer<'GET /api/profiles/{stream}'>
type Point = Answer['points'][number]

/** Columns of the stream over time: values that are not there, different values, least and greatest. */
export function Profiles({ stream, pipeline }: ProfilesProps) {
  const query = useApi('GET /api/profiles/{stream}', { path: { stream }, query: { pipeline } })
  return (
    <Panel title="Columns over time" isFlush>
      <Asked query={query} what="the profiles">
        {(answer) =>
          answer.points.length === 0 ? (
            <Empty>
              <Told text={answer.sentence} />
            </Empty>
          ) : (
            <Column answer={answer} />
          )
        }
      </Asked>
    </Panel>
  )
}

function Column({ answer }: { readonly answer: Answer }) {
  const [search] = useSearchParams()
  const names = answer.columns.map(({ name }) => name)
  const asked = search.get('column')
  // The column that lacks the most values says the most.
  const emptiest = answer.points.toSorted((a, b) => shareOf(b) - shareOf(a)).find(({ nulls, rows }) => nulls < rows)
  const chosen = asked !== null && names.includes(asked) ? asked : (emptiest?.column ?? names[0] ?? '')
  const column = answer.columns.find(({ name }) => name === chosen)
  const points = answer.points.filter((point) => point.column === chosen)
  const hasSums = points.some(({ sum }) => sum !== null)
  return (
    <>
      <div className="flex flex-wrap items-center gap-3 px-3 pb-2">
        <Pick name="column" label="Column" choices={names} chosen={chosen} />
        <span className="text-sm text-dim">
          <Told text={column?.description ?? ''} />
          {column?.isShown === false && ' Private: it is counted alone.'}
        </span>
      </div>
      <div className="px-3">
        <Series
          label={`Rows without ${chosen}`}
          keys={points.map(({ window }) => window)}
          series={[
            { name: 'rows', color: '--faint', values: points.map(({ rows }) => rows) },
            { name: `without ${chosen}`, color: '--miss-mark', values: points.map(({ nulls }) => nulls) },
          ]}
        />
      </div>
      <Table
        label={`${chosen} by window`}
        heads={[
          'Window',
          '>Rows',
          '>Without a value',
          '>Different',
          '-Least',
          '-Greatest',
          ...(hasSums ? ['>Sum'] : []),
        ]}
      >
        {points.toReversed().map((point) => (
          <tr key={point.window}>
            <Cell>{dayOf(point.window)}</Cell>
            <Cell isNumber>{countOf(point.rows)}</Cell>
            <Cell isNumber>
              {countOf(point.nulls)}
              {point.nulls > 0 && <span className="ml-1 text-faint">{Math.round(100 * shareOf(point))} %</span>}
            </Cell>
            <Cell isNumber>{countOf(point.distinct)}</Cell>
            <Cell isMinor>{point.min}</Cell>
            <Cell isMinor>{point.max}</Cell>
            {hasSums && <Cell isNumber>{point.sum === null ? '' : moneyOf(point.sum)}</Cell>}
          </tr>
        ))}
      </Table>
    </>
  )
}

function shareOf({ nulls, rows }: Point): number {
  return rows === 0 ? 0 : nulls / rows
}
