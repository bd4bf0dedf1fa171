import { Link, useParams, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { several } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RowTable } from '../../parts/row-table.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { Preview } from './preview.tsx'

type Answer = ApiAnswer<'GET /api/contracts/{stream}'>

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
                {contract.description} Loaded <When at={contract.loadedAt} />, from {contract.file}.{' '}
                {several(contract.columns, 'column')}, one row per {contract.key.join(', ') || 'line'}.
              </>
            }
            actions={
              <Link
                className="text-sm text-dim underline"
                to={`/lineage?node=${encodeURIComponent(`${contract.pipeline}.${contract.stream}`)}`}
              >
                What depends on it?
              </Link>
            }
          />
          <Columns contract={contract} />
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

function Columns({ contract }: { readonly contract: Answer }) {
  return (
    <Panel title="Columns" isFlush>
      <Table label="Columns" heads={['Column', 'Type', 'From', 'Required', 'Privacy', 'What it means']}>
        {contract.columnList.map((column) => (
          <tr key={column.name}>
            <Cell>
              <span className="font-mono text-sm">{column.name}</span>
            </Cell>
            <Cell>
              {column.type}
              {column.unit !== null && ` ${column.unit}`}
            </Cell>
            <Cell isWide>{column.expression ?? column.from.join(' or ')}</Cell>
            <Cell>{column.required ? 'yes' : ''}</Cell>
            <Cell>{column.privacy === 'keep' ? '' : column.privacy}</Cell>
            <Cell isWide>
              <Told text={column.description ?? ''} />
            </Cell>
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
