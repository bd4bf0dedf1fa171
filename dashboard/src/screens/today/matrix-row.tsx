import { memo } from 'react'
import { Link, useNavigate } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { dayOf } from '../../data/time.ts'
import { CellMark } from './cell-mark.tsx'
import { type Cell, cellKey, type Line, wordsOf } from './cells.ts'
import { NoteOf } from './note-of.tsx'

interface MatrixRowProps {
  readonly line: Line
  readonly status: ApiAnswer<'GET /api/status'>
  readonly index: number
  /** Column that has the tab stop of the grid; null in another row. */
  readonly column: number | null
  /** Pixels from the top of the grid. */
  readonly top: number
  readonly columns: { readonly gridTemplateColumns: string }
  readonly isDense: boolean
  readonly selected: ReadonlySet<string>
  readonly hrefOf: (line: Line, cell: Cell) => string
  readonly onFocus: (row: number, column: number) => void
}

/** Id of a cell, for the focus. */
export function idOf(row: number, column: number): string {
  return `cell-${row}-${column}`
}

/** A row of the grid. It is drawn once, and not again while the page scrolls. */
export const MatrixRow = memo(function MatrixRow(props: MatrixRowProps) {
  const { line, status, index, column: focused, top, columns, isDense, selected, hrefOf, onFocus } = props
  const navigate = useNavigate()
  return (
    <div
      role="row"
      data-row=""
      aria-rowindex={index + 2}
      className="absolute inset-x-0 grid h-[30px] items-center border-b"
      style={{ ...columns, transform: `translateY(${top}px)` }}
    >
      <span role="rowheader" className="truncate px-3 font-medium" title={line.shard.id}>
        <Link to={`/locations/${encodeURIComponent(line.shard.id)}`}>{line.shard.name}</Link>
      </span>
      {!isDense && (
        <span role="gridcell" className="truncate px-2 text-xs text-faint">
          {line.shard.closeout} {line.shard.timeZone?.split('/').at(-1)?.replaceAll('_', ' ')}
        </span>
      )}
      {line.cells.map((cell, column) => {
        const words = wordsOf(cell, status.streams)
        const href = hrefOf(line, cell)
        return (
          <span
            key={cell.window}
            role="gridcell"
            aria-selected={selected.has(cellKey(line, cell))}
            className={`flex h-full items-center ${isDense ? 'px-0.5' : 'px-2'} aria-selected:bg-due-bg`}
          >
            <a
              id={idOf(index, column)}
              href={href}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey) return
                event.preventDefault()
                void navigate(href)
              }}
              onFocus={() => onFocus(index, column)}
              tabIndex={column === focused ? 0 : -1}
              aria-label={`${line.shard.name}, ${dayOf(cell.window)}: ${words}`}
              title={`${dayOf(cell.window)}: ${words}`}
              className="flex min-w-0 flex-1 gap-0.5"
            >
              <CellMark cell={cell} isSmall={isDense} />
            </a>
          </span>
        )
      })}
      <span role="gridcell" className="truncate px-3 text-right text-sm text-dim">
        <NoteOf line={line} />
      </span>
    </div>
  )
})
