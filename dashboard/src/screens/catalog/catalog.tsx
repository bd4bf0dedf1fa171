import { Link } from 'react-router'
import { countOf } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

/** What is there, what does it mean, how fresh is it? */
export function Catalog() {
  const query = useApi('GET /api/contracts')
  return (
    <>
      <Head sentence="Every table, what it means, and how fresh it is." />
      <Panel isFlush label="Streams">
        <Asked query={query} what="the streams">
          {({ contracts }) =>
            contracts.length === 0 ? (
              <Empty>No stream has a contract yet.</Empty>
            ) : (
              <Table
                label="Streams"
                heads={['Stream', 'Pipeline', 'Newest window', 'Loaded', '>Columns', '>Checks', 'What it holds']}
              >
                {contracts.map((contract) => (
                  <tr key={`${contract.pipeline}/${contract.stream}`}>
                    <Cell>
                      <Link
                        to={`/data/${encodeURIComponent(contract.stream)}?pipeline=${encodeURIComponent(contract.pipeline)}`}
                        className="font-medium"
                      >
                        {contract.stream}
                      </Link>
                    </Cell>
                    <Cell>{contract.pipeline}</Cell>
                    <Cell>{contract.newestWindow === null ? 'nothing yet' : dayOf(contract.newestWindow)}</Cell>
                    <Cell>
                      <When at={contract.loadedAt} />
                    </Cell>
                    <Cell isNumber>{countOf(contract.columns)}</Cell>
                    <Cell isNumber>{countOf(contract.checks)}</Cell>
                    <Cell isWide>{contract.description}</Cell>
                  </tr>
                ))}
              </Table>
            )
          }
        </Asked>
      </Panel>
    </>
  )
}
