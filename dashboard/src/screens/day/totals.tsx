import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { moneyOf, several } from '../../data/amount.ts'
import { Chip } from '../../parts/chip.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'

type Totals = ApiAnswer<'GET /api/days/{pipeline}/{window}'>['totals']

/** Sums of all shards, in part and table. Sums that are zero on both sides are folded. */
export function Totals({ day }: { readonly day: { readonly totals: Totals } }) {
  const isZero = ({ part, isEqual }: Totals[number]) => isEqual && /^-?0*\.?0*$/.test(part)
  const zero = day.totals.filter(isZero)
  const others = day.totals.filter((total) => !isZero(total))
  if (day.totals.length === 0) return null
  return (
    <Panel title="Sums of all, in part and table" isFlush>
      <SumTable totals={others} />
      {zero.length > 0 && (
        <details className="px-3 py-2">
          <summary className="cursor-pointer text-dim">{several(zero.length, 'sum is', 'sums are')} zero</summary>
          <SumTable totals={zero} />
        </details>
      )}
    </Panel>
  )
}

function SumTable({ totals }: { readonly totals: Totals }) {
  return (
    <Table label="Sums" heads={['Stream', 'Column', '->Part', '>Table', '']}>
      {totals.map(({ stream, column, part, table, isEqual }) => (
        <tr key={`${stream}/${column}`}>
          <Cell>
            <Link to={{ search: `?stream=${encodeURIComponent(stream)}` }}>{stream}</Link>
          </Cell>
          <Cell>
            <Link to={`/data/${encodeURIComponent(stream)}`}>{column}</Link>
          </Cell>
          <Cell isNumber isMinor>
            {moneyOf(part)}
          </Cell>
          <Cell isNumber>{table === null ? '?' : moneyOf(table)}</Cell>
          <Cell>{isEqual ? '=' : <Chip state="fail">differs</Chip>}</Cell>
        </tr>
      ))}
    </Table>
  )
}
