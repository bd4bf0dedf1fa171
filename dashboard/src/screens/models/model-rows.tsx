import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useEnvironment } from '../../app/view.ts'
import { cellHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { Panel } from '../../parts/panel.tsx'
import { RowTable } from '../../parts/row-table.tsx'

interface ModelRowsProps {
  readonly model: ApiAnswer<'GET /api/models/{model}'>
}

/** Rows of the newest partition. Each value leads to the lines of the files that it is made of. */
export function ModelRows({ model }: ModelRowsProps) {
  const environment = useEnvironment()
  const query = useApi('GET /api/models/{model}/rows', {
    path: { model: model.model },
    query: { limit: 10, ...environment },
  })
  const date = query.data?.date ?? null
  return (
    <Panel title={date === null ? 'Rows' : `Rows of ${dayOf(date)}`} isFlush>
      <Asked query={query} what="the rows">
        {(answer) => (
          <RowTable
            label={`Rows of ${model.model}`}
            answer={{ ...answer, masked: [] }}
            cellOf={(value, column, row) => {
              const key = keyOf(model, answer.columns, row)
              if (key === null || model.key.includes(column)) return value
              return (
                <Link to={cellHref({ model: model.model, column, key })} title="Files and lines that it is made of">
                  {value}
                </Link>
              )
            }}
          />
        )}
      </Asked>
    </Panel>
  )
}

type Columns = ApiAnswer<'GET /api/models/{model}/rows'>['columns']

/** Key of a row as `column=value`; null where a part of it is empty, which names no row. */
function keyOf({ key }: ModelRowsProps['model'], columns: Columns, row: readonly (string | null)[]) {
  const parts = key.map((name) => {
    const value = row[columns.findIndex((column) => column.name === name)]
    return value === null || value === undefined ? null : `${name}=${value}`
  })
  return parts.length === 0 || parts.includes(null) ? null : parts.filter((part) => part !== null)
}
