import { useMemo } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useEnvironment } from '../../app/view.ts'
import { countOf, several } from '../../data/amount.ts'
import { nodeHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Empty } from '../../parts/empty.tsx'
import { EnvironmentPick } from '../../parts/environment-pick.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Told } from '../../parts/told.tsx'
import { Graph } from './graph.tsx'
import { ColumnTable, NodeTable } from './listed.tsx'
import { columnsOnPath } from './trace.ts'
import { Value } from './value.tsx'

type Answer = ApiAnswer<'GET /api/lineage'>

const DIRECTIONS = ['upstream', 'downstream'] as const

/** What depends on it, and what is it made of? */
export function Lineage() {
  const [search] = useSearchParams()
  const [node, column] = [search.get('node'), search.get('column')]
  const key = search.getAll('key')
  const environment = useEnvironment()
  const direction = DIRECTIONS.find((each) => each === search.get('direction'))
  const query = useApi('GET /api/lineage', {
    query: {
      ...environment,
      ...(node !== null && { node }),
      ...(node !== null && column !== null && { column }),
      ...(node !== null && direction !== undefined && { direction }),
    },
  })
  return (
    <>
      <EnvironmentPick />
      <Asked query={query} what="the lineage">
        {(answer) => (
          <>
            <Title answer={answer} node={node} column={column} />
            {node !== null && column !== null && key.length > 0 && <Value node={node} column={column} keys={key} />}
            <Drawn answer={answer} node={node} column={column} />
            {column === null ? <NodeTable answer={answer} /> : <ColumnTable answer={answer} />}
          </>
        )}
      </Asked>
    </>
  )
}

interface ShownProps {
  readonly answer: Answer
  readonly node: string | null
  readonly column: string | null
}

function Title({ answer, node, column }: ShownProps) {
  const named = answer.nodes.find(({ id }) => id === node)
  const own = named?.columns.find(({ name }) => name === column)
  const isTable = named?.kind === 'stream' || named?.kind === 'model'
  const sentence =
    named === undefined
      ? 'From the headers of files to the pages that people read.'
      : column === null
        ? `${named.name}: what it is made of, and what depends on it.`
        : `${named.name}.${column}: its way from the headers of files to the pages that show it.`
  return (
    <Head
      trail={
        named && (
          <>
            <Link to="/lineage">Lineage</Link>
            {column !== null && (
              <>
                {' / '}
                <Link to={`/lineage?${new URLSearchParams({ node: named.id })}`}>{named.name}</Link>
              </>
            )}
          </>
        )
      }
      sentence={sentence}
      more={
        own ? (
          <Told text={own.description} />
        ) : (
          `${several(answer.nodes.length, 'table, file or page', 'tables, files and pages')}. A dashed line is one whose columns are not known.`
        )
      }
      actions={
        isTable && (
          <Link to={nodeHref(named.id)} className={BUTTON_LINK}>
            {named.kind === 'model' ? 'Open the model' : 'Open the stream'}
          </Link>
        )
      }
    />
  )
}

function Drawn({ answer, node, column }: ShownProps) {
  const shown = useMemo(() => {
    if (column !== null) {
      const onPath = new Map(columnsOnPath(answer.nodes, answer.edges))
      // A column that nothing is known of is shown all the same.
      if (node !== null && (onPath.get(node) ?? []).length === 0) onPath.set(node, [column])
      return onPath
    }
    const own = answer.nodes.find(({ id }) => id === node)
    return new Map(own ? [[own.id, own.columns.map(({ name }) => name)]] : [])
  }, [answer, node, column])
  return (
    <Panel label="Graph" isFlush>
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <Find answer={answer} />
        {node !== null && (
          <Choice
            name="direction"
            label="Direction"
            choices={[
              ['', 'Both ways'],
              ['upstream', 'Made of'],
              ['downstream', 'Read by'],
            ]}
          />
        )}
        {column !== null && answer.influences.length > 0 && (
          <span className="text-sm text-dim">
            {countOf(answer.influences.length)} more columns decide which rows there are: see the table.
          </span>
        )}
      </div>
      <div className="p-3">
        {answer.nodes.length === 0 ? (
          <Empty>Nothing is known of it. Tables appear with their first contract, pages with the first exposure.</Empty>
        ) : (
          <Graph answer={answer} node={node} shown={shown} column={column} />
        )}
      </div>
    </Panel>
  )
}

/** Finds a table by its name, or a column by `table.column`. */
function Find({ answer }: Pick<ShownProps, 'answer'>) {
  const navigate = useNavigate()
  // The whole graph, so that a table outside of the one that is shown is found as well.
  const all = useApi('GET /api/lineage', { query: useEnvironment() })
  const nodes = all.data?.nodes ?? answer.nodes
  const go = (form: FormData) => {
    const text = String(form.get('table')).trim()
    const found =
      nodes.find(({ id, name }) => id === text || name === text) ?? nodes.find(({ name }) => name.includes(text))
    if (text !== '' && found) void navigate(`/lineage?${new URLSearchParams({ node: found.id })}`)
  }
  return (
    <form action={go} className="flex gap-1.5">
      <input
        name="table"
        list="lineage-tables"
        autoComplete="off"
        aria-label="Find a table, a file or a page"
        placeholder="Find a table, a file or a page"
        className="h-7 w-[230px] rounded-md border border-line-strong bg-bg px-2 text-sm"
      />
      <datalist id="lineage-tables">
        {nodes.map(({ id, kind }) => (
          <option key={id} value={id}>
            {kind}
          </option>
        ))}
      </datalist>
    </form>
  )
}
