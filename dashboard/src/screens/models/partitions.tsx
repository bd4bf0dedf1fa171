import { useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { bytesOf, countOf, several } from '../../data/amount.ts'
import { dayOf } from '../../data/time.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told, useNames } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'

type Answer = ApiAnswer<'GET /api/models/{model}'>
type Partition = Answer['partitions'][number]

const SHOWN = 14
const NAMED = 2

/** Partitions, newest first: state, rows, and what is left out because its files are not all there. */
export function Partitions({ model }: { readonly model: Answer }) {
  const [search, setSearch] = useSearchParams()
  const names = useNames()
  if (model.kind === 'view') return null
  const all = model.partitions.toSorted((a, b) => (a.window < b.window ? 1 : -1))
  const isWhole = search.has('all')
  const shown = isWhole ? all : all.slice(0, SHOWN)
  const bills = all.some(({ bytes }) => bytes !== null)
  const more = () => {
    const next = new URLSearchParams(search)
    next.set('all', '1')
    setSearch(next, { replace: true })
  }
  return (
    <Panel title={all.length === 1 && all[0]?.window === 'all' ? 'Table' : 'Partitions, newest first'} isFlush>
      {all.length === 0 ? (
        <Empty>No partition yet. The first load of what it reads builds one.</Empty>
      ) : (
        <>
          <Table
            label="Partitions"
            heads={[
              ...['Date', 'State', '>Rows', 'Checks', 'Left out'],
              ...(bills ? ['->Billed'] : []),
              ...['-Last change', '-Why'],
            ]}
          >
            {shown.map((partition) => (
              <tr key={partition.window}>
                <Cell>{partition.window === 'all' ? 'all' : dayOf(partition.window)}</Cell>
                <Cell>
                  <Chip state={partition.state === 'idle' ? 'built' : partition.state} />
                </Cell>
                <Cell isNumber>{countOf(partition.rows)}</Cell>
                <Cell isWide>{checksOf(partition)}</Cell>
                <Cell isWide>{partition.missing.map((id) => names.byId.get(id) ?? id).join(', ')}</Cell>
                {bills && (
                  <Cell isNumber isMinor>
                    {partition.bytes === null ? '' : bytesOf(partition.bytes)}
                  </Cell>
                )}
                <Cell isMinor>
                  <When at={partition.updatedAt} />
                </Cell>
                <Cell isCut isMinor title={partition.reason?.message ?? ''}>
                  {partition.reason && <Told text={partition.reason.message} />}
                </Cell>
              </tr>
            ))}
          </Table>
          {shown.length < all.length && (
            <p className="border-t px-3 py-2">
              <button type="button" onClick={more} className="text-sm text-dim underline">
                Show all {several(all.length, 'partition')}
              </button>
            </p>
          )}
        </>
      )}
    </Panel>
  )
}

/** Result of the checks of a partition in two words. */
function checksOf({ checks }: Partition): React.ReactNode {
  const failed = checks.filter((check) => check.failed > 0).toSorted(byEffect)
  if (checks.length === 0) return <span className="text-faint">none</span>
  if (failed.length === 0) return `${countOf(checks.length)} pass`
  return (
    <span className={failed.some(({ effect }) => effect === 'block') ? 'text-miss' : 'text-due'}>
      {failed
        .slice(0, NAMED)
        .map(({ name }) => name)
        .join(', ')}
      {failed.length > NAMED && ` and ${failed.length - NAMED} more`}
    </span>
  )
}

/** Those that hold a partition first. */
function byEffect(a: Partition['checks'][number], b: Partition['checks'][number]): number {
  return a.effect.localeCompare(b.effect)
}
