import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { ColumnCells } from '../../parts/column-cells.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

type Answer = ApiAnswer<'GET /api/models/{model}'>

const SHOWN = 3

/** Columns, what each means and what it is made of. */
export function Columns({ model }: { readonly model: Answer }) {
  return (
    <Panel title="Columns" isFlush>
      <Table label="Columns" heads={['Column', 'Type', 'What it means', 'Made of', '-Over rows']}>
        {model.columnList.map((column) => (
          <tr key={column.name}>
            <ColumnCells column={column} table={`models.${model.model}`} isKey={model.key.includes(column.name)} />
            <Cell isWide>
              <Told text={column.description} />
            </Cell>
            <Cell isWide>
              <span className="text-dim">{sourcesOf(column.from)}</span>
            </Cell>
            <Cell isMinor>{additiveOf(column)}</Cell>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

type Column = Answer['columnList'][number]

function sourcesOf(from: Column['from']): string {
  const names = from.map(({ table, column }) => `${table.split('.').at(-1)}.${column}`)
  return names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
}

/** Which totals mean something. */
function additiveOf({ isAdditive, of, type }: Column): string {
  if (isAdditive) return 'may be summed'
  return of.length > 0 ? `a rate of ${of.join(' and ')}` : /int|numeric|float/.test(type) ? 'not summed' : ''
}
