import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { usePipeline, useView } from '../../app/view.ts'
import { countOf, several } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Act } from '../../parts/act.tsx'
import { Asked } from '../../parts/asked.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RejectedValue } from '../../parts/rejected-value.tsx'
import { Spark } from '../../parts/spark.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Cause } from './cause.tsx'

type Group = ApiAnswer<'GET /api/rejects/groups'>['groups'][number]
type By = 'rule' | 'column' | 'stream' | 'location'
const BYS: readonly By[] = ['rule', 'column', 'stream', 'location']

/** Why do rows fall out? */
export function Rejects() {
  const [search] = useSearchParams()
  const by = BYS.find((each) => each === search.get('by')) ?? 'rule'
  const own = usePipeline()
  const status = useApi('GET /api/status', { query: own })
  const isCopied = (status.data?.tables ?? null) !== null
  const query = useApi('GET /api/rejects/groups', { query: { by, ...own } })
  return (
    <Asked query={query} what="the rows that were set aside">
      {({ groups }) => {
        const rows = groups.reduce((sum, { count }) => sum + count, 0)
        return (
          <>
            <Head
              sentence={
                groups.length === 0
                  ? 'No row was set aside.'
                  : `${several(rows, 'row was', 'rows were')} set aside, for ${several(groups.length, 'cause')}.`
              }
              more={
                isCopied
                  ? 'A value that its column does not have keeps its row out of the table. The row stays with its line and the reason.'
                  : 'A row that breaks its contract never reaches the table. It stays with its file, its line and the reason.'
              }
            />
            <Panel isFlush label="Causes">
              <div className="border-b px-3 py-2">
                <Choice
                  name="by"
                  label="Group by"
                  choices={[
                    ['', 'By rule'],
                    ['column', 'By column'],
                    ['stream', 'By stream'],
                    ['location', `By ${status.data?.words.shard.one ?? 'location'}`],
                  ]}
                />
              </div>
              {groups.length === 0 ? (
                <Empty>
                  {isCopied ? 'Every row fits the columns of its table.' : 'Every row of every file fits its contract.'}
                </Empty>
              ) : (
                <Table
                  label="Causes"
                  heads={['Cause', '>Rows', '->Files', '-Trend', '-First', '-Last', 'For example', '']}
                >
                  {groups.map((group) => (
                    <Row key={JSON.stringify(group.key)} group={group} own={own} isCopied={isCopied} />
                  ))}
                </Table>
              )}
            </Panel>
            <Cause />
          </>
        )
      }}
    </Asked>
  )
}

interface RowProps {
  readonly group: Group
  /** The pipeline, where there are several. */
  readonly own: { readonly pipeline?: string }
  /** Of a pipeline that copies tables, which reads a table again and no archive. */
  readonly isCopied: boolean
}

function Row({ group, own, isCopied }: RowProps) {
  const [search] = useSearchParams()
  const { me } = useView()
  const { key, count, slices, trend, firstSeen, lastSeen, sample } = group
  const name = Object.values(key)
    .filter((part) => part !== '')
    .join(' · ')
  const stream = key['stream'] ?? sample?.stream
  const next = new URLSearchParams(search)
  next.set('cause', JSON.stringify(key))
  const replay = async (reason: string) => {
    await api('POST /api/rejects:replay', {
      body: { ...own, streams: stream === undefined ? [] : [stream], reason },
      idempotencyKey: crypto.randomUUID(),
    })
  }
  return (
    <tr>
      <Cell>
        <Link to={{ search: next.toString() }} className="font-medium">
          {name}
        </Link>
      </Cell>
      <Cell isNumber>{countOf(count)}</Cell>
      <Cell isNumber isMinor>
        {countOf(slices)}
      </Cell>
      <Cell isMinor>
        <Spark label={`${name} by window`} points={trend.map(({ window, count }) => ({ key: window, value: count }))} />
      </Cell>
      <Cell isMinor>{firstSeen === null ? '' : dayOf(firstSeen)}</Cell>
      <Cell isMinor>{lastSeen === null ? '' : dayOf(lastSeen)}</Cell>
      <Cell>{sample?.value !== null && sample?.value !== undefined && <RejectedValue value={sample.value} />}</Cell>
      <Cell>
        {!isCopied && me.role !== 'viewer' && me.role !== 'analyst' && (
          <Act
            word="Read again"
            on={name}
            says={`transforms the archived files of ${several(slices, 'slice')} again, with the contract as it is now.`}
            onSend={replay}
          />
        )}
      </Cell>
    </tr>
  )
}
