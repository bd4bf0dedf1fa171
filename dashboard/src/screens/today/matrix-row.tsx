import { memo } from 'react'
import { Link, useNavigate } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { several } from '../../data/amount.ts'
import { dayOf } from '../../data/time.ts'
import { type Cell, cellKey, type Line, wordsOf } from './cells.ts'
import { noteOf } from './note-of.tsx'

interface MatrixRowProps {
  readonly line: Line
  readonly status: ApiAnswer<'GET /api/status'>
  readonly index: number
  /** Column that has the tab stop of the grid; null in another row. */
  readonly column: number | null
  /** The pointer or the focus is in it: each of its cells is a link. Otherwise one cell says all of them. */
  readonly isNear: boolean
  /** Pixels from the top of the grid. */
  readonly top: number
  readonly columns: { readonly gridTemplateColumns: string }
  readonly hasCloses: boolean
  readonly selected: ReadonlySet<string>
  readonly hrefOf: (line: Line, cell: Cell) => string
  readonly onFocus: (row: number, column: number) => void
  readonly onNear: (row: number) => void
}

/** Id of a cell, for the focus. */
export function idOf(row: number, column: number): string {
  return `cell-${row}-${column}`
}

/** A row of the grid, above its marks. It is drawn once, and not again while the page scrolls. */
export const MatrixRow = memo(function MatrixRow(props: MatrixRowProps) {
  const { line, index, isNear, top, columns, hasCloses, onNear } = props
  const { note, look } = noteOf(line)
  return (
    <div
      role="row"
      data-row={index}
      aria-rowindex={index + 2}
      className="absolute inset-x-0 grid h-[30px] items-center border-b"
      style={{ ...columns, transform: `translateY(${top}px)` }}
      onPointerEnter={() => onNear(index)}
    >
      <span role="rowheader" className="truncate px-3 font-medium" title={line.shard.id}>
        <Link to={`/locations/${encodeURIComponent(line.shard.id)}`}>{line.shard.name}</Link>
      </span>
      {isNear && hasCloses && (
        <span role="gridcell" className="truncate px-2 text-xs text-faint">
          {closesOf(line)}
        </span>
      )}
      {isNear ? <Cells {...props} /> : <Summary {...props} />}
      <span role="gridcell" className={`truncate px-3 text-right text-sm ${look}`}>
        {note}
      </span>
    </div>
  )
})

function Cells({ line, status, index, column: focused, selected, hrefOf, onFocus }: MatrixRowProps) {
  const navigate = useNavigate()
  return line.cells.map((cell, column) => {
    const words = wordsOf(cell, status.streams)
    const href = hrefOf(line, cell)
    return (
      <span
        key={cell.window}
        role="gridcell"
        aria-selected={selected.has(cellKey(line, cell))}
        className="h-full cursor-pointer"
      >
        {/* biome-ignore lint/a11y/useAnchorContent: its label says it; its mark is drawn below. */}
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
          className="block h-full"
        />
      </span>
    )
  })
}

/** All cells of a row in words. Elements for each of them would be thousands on a large screen. */
function Summary({ line, status, hasCloses }: MatrixRowProps) {
  const by = Map.groupBy(line.cells, ({ verdict }) => (verdict === 'none' ? 'not due' : verdict))
  const counts = [...by].map(([word, cells]) => `${cells.length} ${word}`).join(', ')
  const { one, many } = status.words.window
  const span = line.cells.length + (hasCloses ? 1 : 0)
  return (
    <span
      role="gridcell"
      data-cells=""
      className="flex h-full cursor-pointer items-center truncate px-2 text-xs text-faint"
      style={{ gridColumn: `span ${span}` }}
      aria-colspan={span}
      aria-label={`${hasCloses ? `closes ${closesOf(line)}, ` : ''}${several(line.cells.length, one, many)}: ${counts}`}
    >
      {hasCloses && closesOf(line)}
    </span>
  )
}

function closesOf({ shard }: Line): string {
  return [shard.closeout, shard.timeZone?.split('/').at(-1)?.replaceAll('_', ' ')].filter(Boolean).join(' ')
}
