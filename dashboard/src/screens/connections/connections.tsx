import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { several } from '../../data/amount.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Compare } from './compare.tsx'
import { Test } from './test.tsx'

type Connection = ApiAnswer<'GET /api/connections'>['connections'][number]

/** What is read and written, and does it answer? */
export function Connections() {
  const { me } = useView()
  const query = useApi('GET /api/connections')
  const mayAct = me.role === 'operator' || me.role === 'admin'
  return (
    <Asked query={query} what="the connections">
      {({ connections }) => (
        <>
          <Head
            sentence={
              connections.length === 0
                ? 'There is no connection.'
                : `${several(connections.length, 'connection')}, ${unusedOf(connections)}.`
            }
            more="Places that pipelines read and write. Logins and secrets are not shown here."
          />
          <Panel isFlush label="Connections">
            {connections.length === 0 ? (
              <Empty>
                A connection is an entry of <code>config/connections.yaml</code>. To write one step by step:{' '}
                <code>npx daybreak init</code>
              </Empty>
            ) : (
              <Table label="Connections" heads={['Name', '-Kind', 'Place', 'Source of', 'Destination of', '']}>
                {connections.map((connection) => (
                  <tr key={connection.name}>
                    <Cell>
                      <span className="font-medium">{connection.name}</span>
                    </Cell>
                    <Cell isMinor>{connection.kind}</Cell>
                    <Cell isWide>
                      <span className="font-mono text-sm">{connection.place}</span>
                    </Cell>
                    <Cell>
                      <Users connection={connection} part="source" />
                    </Cell>
                    <Cell>
                      <Users connection={connection} part="destination" />
                    </Cell>
                    <Cell>{mayAct && connection.mayTest && <Test name={connection.name} />}</Cell>
                  </tr>
                ))}
              </Table>
            )}
          </Panel>
          <Compare mayAct={mayAct} />
        </>
      )}
    </Asked>
  )
}

function unusedOf(connections: readonly Connection[]): string {
  const unused = connections.filter(({ uses }) => uses.length === 0).length
  if (unused === 0) return 'each in use by a pipeline'
  return unused === 1 ? '1 of them in no pipeline' : `${unused} of them in no pipeline`
}

function Users({ connection, part }: { readonly connection: Connection; readonly part: 'source' | 'destination' }) {
  const own = connection.uses.filter((use) => use.role === part)
  if (own.length === 0) return <span className="text-faint max-sm:hidden">–</span>
  return (
    <>
      <span className="text-sm text-dim sm:hidden">{part} of </span>
      {own.map(({ pipeline }) => (
        <Link key={pipeline} to={`/?${new URLSearchParams({ pipeline })}`} className="mr-2">
          {pipeline}
        </Link>
      ))}
    </>
  )
}
