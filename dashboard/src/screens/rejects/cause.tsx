import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { countOf } from '../../data/amount.ts'
import { sliceHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RejectedValue } from '../../parts/rejected-value.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told, useNames } from '../../parts/told.tsx'

type Reject = ApiAnswer<'GET /api/rejects'>['rejects'][number]

/** Rows of the cause that the address names: file, line, column and value of each. */
export function Cause() {
  const [search] = useSearchParams()
  const { me, pipeline } = useView()
  const key = keyOf(search.get('cause'))
  if (key === null || me.role === 'viewer') return null
  return <Rows by={key} pipeline={pipeline} />
}

function Rows({ by, pipeline }: { readonly by: Readonly<Record<string, string>>; readonly pipeline: string | null }) {
  const { stream, rule, column, location, shard = location } = by
  const query = useApi('GET /api/rejects', {
    query: {
      pageSize: 50,
      ...(pipeline !== null && { pipeline }),
      ...(stream && { stream: [stream] }),
      ...(rule && { rule }),
      ...(column && { column }),
      ...(shard && { shard: [shard] }),
    },
  })
  return (
    <Panel title={`Rows: ${Object.values(by).filter(Boolean).join(' · ')}`} isFlush>
      <Asked query={query} what="the rows of the cause">
        {({ rejects }) =>
          rejects.length === 0 ? (
            <Empty>No row has this cause any more.</Empty>
          ) : (
            <Table label="Rows of the cause" heads={['Where', '>Line', 'Value', 'Why']}>
              {rejects.map((reject, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line may be set aside for two reasons.
                <tr key={at}>
                  <Cell>
                    <Where reject={reject} pipeline={pipeline} />
                  </Cell>
                  <Cell isNumber>{reject.line === null ? '–' : countOf(reject.line)}</Cell>
                  <Cell>
                    <RejectedValue value={reject.value} />
                  </Cell>
                  <Cell isWide>{reject.message && <Told text={reject.message} />}</Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Asked>
    </Panel>
  )
}

function Where({ reject, pipeline }: { readonly reject: Reject; readonly pipeline: string | null }) {
  const names = useNames()
  const status = useApi('GET /api/status', pipeline === null ? undefined : { query: { pipeline } })
  const { shard, window, stream, file } = reject
  if (shard === null || window === null || !status.data) return file
  return (
    <Link to={sliceHref({ pipeline: status.data.pipeline, shard, window, stream })}>
      {names.byId.get(shard) ?? shard} · {dayOf(window)} · {file ?? stream}
    </Link>
  )
}

function keyOf(text: string | null): Readonly<Record<string, string>> | null {
  try {
    const key: unknown = JSON.parse(text ?? 'null')
    if (typeof key !== 'object' || key === null) return null
    return Object.fromEntries(Object.entries(key).map(([name, value]) => [name, String(value)]))
  } catch {
    return null
  }
}
