import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { lineageHref } from '../../data/paths.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'

type Answer = ApiAnswer<'GET /api/lineage'>

interface ListedProps {
  readonly answer: Answer
}

/** The nodes of the graph with what each is made of. */
export function NodeTable({ answer }: ListedProps) {
  const nameOf = namesOf(answer)
  return (
    <Panel title="As a table" isFlush>
      <Table label="Lineage" heads={['What', 'Kind', '-State', '-Made of', '-Fresh', '-What it holds']}>
        {answer.nodes.map(({ id, kind, description, freshAt, state }) => (
          <tr key={id}>
            <Cell>
              <Link to={lineageHref(id)}>{nameOf(id)}</Link>
            </Cell>
            <Cell>{kind}</Cell>
            <Cell isMinor>{state !== null && <Chip state={state} />}</Cell>
            <Cell isMinor isWide>
              {answer.edges
                .filter(({ to }) => to === id)
                .map(({ from }) => nameOf(from))
                .join(', ')}
            </Cell>
            <Cell isMinor>
              <When at={freshAt} />
            </Cell>
            <Cell isCut isMinor title={description}>
              <span className="text-dim">
                <Told text={description} />
              </span>
            </Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

const HOW = { IDENTITY: 'as it is', TRANSFORMATION: 'computed', AGGREGATION: 'aggregated' } as const
const WHY = {
  FILTER: 'in a condition',
  JOIN: 'in a join',
  GROUP_BY: 'in a grouping',
  WINDOW: 'in a window',
  SORT: 'in an order',
} as const

/** The steps of one column, and the columns that decide which rows there are. */
export function ColumnTable({ answer }: ListedProps) {
  const nameOf = namesOf(answer)
  const steps = answer.edges.flatMap(({ from, to, columns }) =>
    columns.map((column) => ({ ...column, source: from, target: to })),
  )
  return (
    <>
      <Panel title="The path as a table" isFlush>
        {steps.length === 0 ? (
          <Empty>No other column is known to make up this one, or to be made of it.</Empty>
        ) : (
          <Table label="Path of the column" heads={['From', 'To', 'How', '-Expression']}>
            {steps.map(({ source, from, target, to, kind, expression }) => (
              <tr key={`${source}.${from}>${target}.${to}`}>
                <Cell isWide>
                  <ColumnLink node={source} name={nameOf(source)} column={from} />
                </Cell>
                <Cell isWide>
                  <ColumnLink node={target} name={nameOf(target)} column={to} />
                </Cell>
                <Cell>{HOW[kind]}</Cell>
                <Cell isMinor isWide>
                  {expression !== null && <code className="font-mono text-sm">{expression}</code>}
                </Cell>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
      {answer.influences.length > 0 && (
        <Panel title="Columns that decide which rows there are" isFlush>
          <Table label="Columns that decide which rows there are" heads={['Column', 'Of the rows of', 'How']}>
            {answer.influences.map(({ from, to, kind }) => (
              <tr key={`${from.node}.${from.column}>${to}/${kind}`}>
                <Cell isWide>
                  <ColumnLink node={from.node} name={nameOf(from.node)} column={from.column} />
                </Cell>
                <Cell>
                  <Link to={lineageHref(to)}>{nameOf(to)}</Link>
                </Cell>
                <Cell>{WHY[kind]}</Cell>
              </tr>
            ))}
          </Table>
        </Panel>
      )}
    </>
  )
}

interface ColumnLinkProps {
  readonly node: string
  readonly name: string
  readonly column: string
}

function ColumnLink({ node, name, column }: ColumnLinkProps) {
  return (
    <Link to={lineageHref(node, column)}>
      {name} · <span className="font-mono text-sm">{column}</span>
    </Link>
  )
}

function namesOf({ nodes }: Answer): (id: string) => string {
  const names = new Map(nodes.map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? id.replace(/^(\w+:|\w+\.)/, '')
}
