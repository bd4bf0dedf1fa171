import { Link, useParams, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { several } from '../../data/amount.ts'
import { lineageHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { ColumnCells } from '../../parts/column-cells.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RowTable } from '../../parts/row-table.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { About, CatalogChecks } from './about.tsx'
import { Preview } from './preview.tsx'

type Answer = ApiAnswer<'GET /api/catalog'>

/** A stream: its columns, checks, rows. */
export function Stream() {
  const { stream = '' } = useParams()
  const [search] = useSearchParams()
  const { me } = useView()
  const pipeline = search.get('pipeline')
  const query = useApi('GET /api/contracts/{stream}', {
    path: { stream },
    ...(pipeline !== null && { query: { pipeline } }),
  })
  return (
    <Asked query={query} what={`the contract of ${stream}`}>
      {(contract) => (
        <>
          <Head
            trail={<Link to="/data">Catalog</Link>}
            sentence={`${contract.stream}: ${contract.newestWindow === null ? 'nothing is loaded yet' : `rows up to ${dayOf(contract.newestWindow)}`}.`}
            more={
              <>
                {contract.description} Loaded <When at={contract.loadedAt} />.
              </>
            }
            actions={
              <>
                <Link className={BUTTON_LINK} to={`/quality?stream=${encodeURIComponent(contract.stream)}`}>
                  Quality
                </Link>
                <Link className={BUTTON_LINK} to={lineageHref(`${contract.pipeline}.${contract.stream}`)}>
                  Lineage
                </Link>
              </>
            }
          />
          <Entry id={`${contract.pipeline}.${contract.stream}`} />
          {me.role !== 'viewer' && <Sample stream={stream} pipeline={contract.pipeline} />}
          {me.role !== 'viewer' && <Preview pipeline={contract.pipeline} stream={stream} />}
          <Panel title="Contract">
            <details>
              <summary className="cursor-pointer text-dim">As YAML</summary>
              <pre className="mt-2 overflow-x-auto font-mono text-sm">{contract.yaml}</pre>
            </details>
          </Panel>
        </>
      )}
    </Asked>
  )
}

/** Entry of the stream in the catalog. */
function Entry({ id }: { readonly id: string }) {
  const query = useApi('GET /api/catalog', { query: { id } })
  return (
    <Asked query={query} what={`the catalog entry of ${id}`}>
      {({ entries }) => {
        const [entry] = entries
        if (!entry) return null
        return (
          <>
            <About entry={entry} />
            <Columns entry={entry} />
            <CatalogChecks entry={entry} />
          </>
        )
      }}
    </Asked>
  )
}

function Columns({ entry }: { readonly entry: Answer['entries'][number] }) {
  return (
    <Panel title={several(entry.columns.length, 'column')} isFlush>
      <Table label="Columns" heads={['Column', 'Type', 'What it means', 'From', '-Rules', '-Privacy']}>
        {entry.columns.map((column) => (
          <tr key={column.name}>
            <ColumnCells column={column} table={entry.id} isKey={column.isKey} />
            <Cell isWide>
              <Told text={column.description} />
              {column.terms.length > 0 && (
                <Link
                  to={`/data?kind=word&q=${encodeURIComponent(column.terms[0] ?? '')}`}
                  className="ml-1 text-sm text-dim"
                >
                  {column.terms.join(', ')}
                </Link>
              )}
            </Cell>
            <Cell isWide>{column.expression ?? column.headers.join(' or ')}</Cell>
            <Cell isMinor isWide>
              <span className="text-dim">
                {[...(column.isRequired ? ['required'] : []), ...column.rules].join('; ')}
              </span>
            </Cell>
            <Cell isMinor>{column.privacy === 'keep' ? '' : column.privacy}</Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function Sample({ stream, pipeline }: { readonly stream: string; readonly pipeline: string }) {
  const query = useApi('GET /api/contracts/{stream}/sample', { path: { stream }, query: { pipeline, limit: 10 } })
  return (
    <Panel title="Newest rows" isFlush>
      <Asked query={query} what="a sample">
        {(answer) => <RowTable label={`Newest rows of ${stream}`} answer={answer} />}
      </Asked>
    </Panel>
  )
}
