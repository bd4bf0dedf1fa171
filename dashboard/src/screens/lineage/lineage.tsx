import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { several } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'
import { layout } from './layout.ts'

type Answer = ApiAnswer<'GET /api/lineage'>

const WIDTH = 200
const HEIGHT = 28
const GAP = { x: 70, y: 10 }

/** What depends on it, and what is it made of? */
export function Lineage() {
  const [search] = useSearchParams()
  const node = search.get('node')
  const query = useApi('GET /api/lineage', { query: node === null ? {} : { node } })
  return (
    <Asked query={query} what="the lineage">
      {(answer) => {
        const named = answer.nodes.find(({ id }) => id === node)
        return (
          <>
            <Head
              sentence={named ? `${named.name}: what it is made of, and what depends on it.` : 'From file to table.'}
              more={`${several(answer.nodes.length, 'node')}, ${several(answer.edges.length, 'edge')}. A node shows only what belongs to it.`}
              actions={node !== null && <Link to="/lineage">Show all</Link>}
            />
            {answer.nodes.length === 0 ? (
              <Empty>Nothing is known of this node. Tables appear with their first contract.</Empty>
            ) : (
              <>
                <Panel label="Graph">
                  <Graph answer={answer} node={node} />
                </Panel>
                <Listed answer={answer} />
              </>
            )}
          </>
        )
      }}
    </Asked>
  )
}

function Graph({ answer, node }: { readonly answer: Answer; readonly node: string | null }) {
  const placed = new Map(
    layout(
      answer.nodes.map(({ id }) => id),
      answer.edges,
    ).map((each) => [each.id, each]),
  )
  const at = (id: string) => {
    const { layer = 0, row = 0 } = placed.get(id) ?? {}
    return { x: layer * (WIDTH + GAP.x), y: row * (HEIGHT + GAP.y) }
  }
  const most = [...placed.values()]
  const width = (Math.max(0, ...most.map(({ layer }) => layer)) + 1) * (WIDTH + GAP.x) - GAP.x
  const height = (Math.max(0, ...most.map(({ row }) => row)) + 1) * (HEIGHT + GAP.y)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div className="relative overflow-x-auto" role="group" aria-label="Graph, also listed below" tabIndex={0}>
      <svg width={width + 2} height={height + 2} viewBox={`-1 -1 ${width + 2} ${height + 2}`} aria-hidden="true">
        {answer.edges.map(({ from, to }) => {
          const [a, b] = [at(from), at(to)]
          const [x, y, X, Y] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2]
          return (
            <path
              key={`${from}>${to}`}
              d={`M${x} ${y}C${x + 35} ${y} ${X - 35} ${Y} ${X} ${Y}`}
              fill="none"
              stroke="var(--line-strong)"
              strokeWidth="1.5"
            />
          )
        })}
        {answer.nodes.map(({ id, name, kind }) => {
          const { x, y } = at(id)
          return (
            <Link key={id} to={`/lineage?node=${encodeURIComponent(id)}`} tabIndex={-1}>
              <rect
                x={x}
                y={y}
                width={WIDTH}
                height={HEIGHT}
                rx="6"
                fill="var(--panel)"
                stroke={id === node ? 'var(--focus)' : 'var(--line-strong)'}
                strokeWidth={id === node ? 2 : 1}
              />
              <text x={x + 10} y={y + 18} fontSize="12" fill="var(--text)">
                {name.length > 22 ? `${name.slice(0, 21)}…` : name}
              </text>
              <text x={x + WIDTH - 8} y={y + 18} fontSize="11" textAnchor="end" fill="var(--faint)">
                {kind}
              </text>
            </Link>
          )
        })}
      </svg>
    </div>
  )
}

function Listed({ answer }: { readonly answer: Answer }) {
  const nameOf = (id: string) => answer.nodes.find((node) => node.id === id)?.name ?? id
  return (
    <Panel title="As a list" isFlush>
      <Table label="Lineage" heads={['What', 'Kind', '-Made of', '-Fresh', '-What it holds']}>
        {answer.nodes.map(({ id, name, kind, description, freshAt }) => (
          <tr key={id}>
            <Cell>
              <Link to={`/lineage?node=${encodeURIComponent(id)}`}>{name}</Link>
            </Cell>
            <Cell>{kind}</Cell>
            <Cell>
              {answer.edges
                .filter(({ to }) => to === id)
                .map(({ from }) => nameOf(from))
                .join(', ')}
            </Cell>
            <Cell>
              <When at={freshAt} />
            </Cell>
            <Cell isCut title={description}>
              <span className="text-dim">{description}</span>
            </Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
