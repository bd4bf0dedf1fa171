import type { ApiAnswer } from '../../../functions/api/contract/client.ts'
import { moneyOf } from '../data/amount.ts'
import { shortOf } from '../data/shown.ts'
import { Empty } from './empty.tsx'
import { Cell, Table } from './table.tsx'

interface RowTableProps {
  readonly label: string
  readonly answer: ApiAnswer<'GET /api/contracts/{stream}/sample'>
  /** Draws a value. Default: its text. */
  readonly cellOf?: (value: string, column: string, row: readonly (string | null)[]) => React.ReactNode
}

const NUMBER = /^(tiny|small|big|huge)?int|^u?int|^decimal|^double|^float|^numeric|^bignumeric/i

/** Rows as text: numbers to the right, NULL in grey. */
export function RowTable({ label, answer, cellOf = (value) => value }: RowTableProps) {
  const { columns, rows, isWhole, masked } = answer
  if (rows.length === 0) return <Empty>No rows.</Empty>
  return (
    <>
      <Table isGrid label={label} heads={columns.map(({ name, type }) => (NUMBER.test(type) ? `>${name}` : name))}>
        {rows.map((row, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer never move.
          <tr key={at}>
            {row.map((value, place) => (
              <Cell key={columns[place]?.name} isNumber={NUMBER.test(columns[place]?.type ?? '')}>
                {value === null ? (
                  <span className="text-faint">NULL</span>
                ) : (
                  cellOf(shownOf(value, columns[place]?.type ?? ''), columns[place]?.name ?? '', row)
                )}
              </Cell>
            ))}
          </tr>
        ))}
      </Table>
      <p className="px-3 py-2 text-sm text-dim">
        {isWhole ? 'All rows.' : 'There are more rows.'}
        {masked.length > 0 && ` Masked: ${masked.join(', ')}.`}
      </p>
    </>
  )
}

/** A decimal without the zeros that its type adds. */
function shownOf(value: string, type: string): string {
  return NUMBER.test(type) && value.includes('.') ? moneyOf(value) : shortOf(value)
}
