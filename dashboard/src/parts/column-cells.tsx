import { Link } from 'react-router'
import { lineageHref } from '../data/paths.ts'
import { Cell } from './table.tsx'

interface ColumnCellsProps {
  readonly column: { readonly name: string; readonly type: string | null; readonly unit: string | null }
  /** Table as lineage names it. */
  readonly table: string
  readonly isKey: boolean
}

/** Name and type of a column. */
export function ColumnCells({ column: { name, type, unit }, table, isKey }: ColumnCellsProps) {
  return (
    <>
      <Cell>
        <Link to={lineageHref(table, name)} className="font-mono text-sm">
          {name}
        </Link>
        {isKey && <span className="ml-2 text-xs text-faint">key</span>}
      </Cell>
      <Cell>
        {type}
        {unit !== null && ` ${unit}`}
      </Cell>
    </>
  )
}
