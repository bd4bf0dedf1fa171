import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { dayHref } from '../../data/paths.ts'
import { dayOf } from '../../data/time.ts'
import { useRoomFor } from '../../parts/use-media.ts'
import { useWidth } from '../../parts/use-width.ts'
import { type Cell, cellKey, type Line } from './cells.ts'
import { MarkLayer } from './mark-layer.tsx'
import { columnsOf, draw, ROW } from './marks.ts'
import { idOf, MatrixRow } from './matrix-row.tsx'

interface MatrixProps {
  readonly status: ApiAnswer<'GET /api/status'>
  readonly lines: readonly Line[]
  /** Keys of the cells that are chosen, and the way to choose one. */
  readonly selected: ReadonlySet<string>
  readonly onSelect: (key: string) => void
  /** Where a cell leads. */
  readonly hrefOf: (line: Line, cell: Cell) => string
}

/** More windows than these are drawn without their streams, unless the screen is wide. */
const DENSE_FROM = 14
/** At most this many cells are all elements of their own; of more, only those of the row that a person is at. */
const FEW = 120

/**
 * The completeness matrix as a grid: one tab stop, arrows move, Enter opens, `x` selects. Only rows that are seen are drawn, and their
 * marks are a drawing of a dozen elements below them.
 */
export function Matrix({ status, lines, selected, onSelect, hrefOf }: MatrixProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [near, setNear] = useState<number | null>(null)
  const layout = useLayout(status, useWidth(frame))
  const { columns, grid, isDense, width, count } = layout
  const rows = useWindowVirtualizer({
    count: lines.length,
    estimateSize: () => ROW,
    overscan: 3,
    scrollMargin: frame.current?.offsetTop ?? 0,
  })
  const { at, focus, move } = useMoves({ lines, count, onSelect, scrollTo: (row) => rows.scrollToIndex(row) })
  const open = useOpening({ lines, columns, hrefOf })
  const items = rows.getVirtualItems()
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? -1]
  const drawn = useMemo(() => {
    const seen = lines.slice(first, last + 1).map((line, place) => ({ line, top: place * ROW }))
    return draw({ lines: seen, columns, isSmall: isDense, selected })
  }, [lines, first, last, columns, isDense, selected])
  // The tab stop stays in sight while the page scrolls.
  const stop = items.some(({ index }) => index === at.row) ? at.row : first
  return (
    <div className="relative overflow-x-auto">
      <div
        ref={frame}
        role="grid"
        aria-multiselectable="true"
        aria-label={`${status.words.shard.many} by ${status.words.window.one}`}
        aria-rowcount={lines.length + 1}
        aria-colcount={count + (isDense ? 2 : 3)}
        onKeyDown={move}
        onClick={open}
        onPointerLeave={() => setNear(null)}
        style={{ minWidth: width }}
      >
        <HeadRow status={status} grid={grid} isDense={isDense} />
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          <MarkLayer
            drawn={drawn}
            width={width}
            height={(last - first + 1) * ROW}
            top={(items[0]?.start ?? 0) - rows.options.scrollMargin}
          />
          {items.map(({ index, start }) => {
            const line = lines[index]
            if (!line) return null
            const isNear = index === stop || index === near || lines.length * count <= FEW
            return (
              <MatrixRow
                key={line.shard.id}
                {...{ line, status, index, isNear, selected, hrefOf, columns: grid, hasCloses: !isDense }}
                {...{ onFocus: focus, onNear: setNear }}
                column={index === stop ? at.column : null}
                top={start - rows.options.scrollMargin}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

/** Widths of the columns in the room that there is. */
function useLayout({ windows }: MatrixProps['status'], room: number) {
  const hasRoom = useRoomFor('week')
  const most = useRoomFor('month') ? 31 : DENSE_FROM
  const count = windows.length
  const isDense = !hasRoom || count > most
  const columns = useMemo(() => columnsOf({ width: room, windows: count, isSmall: isDense }), [room, count, isDense])
  const template = [columns.name, columns.closes, ...Array.from({ length: count }, () => columns.cell), columns.note]
  const gridTemplateColumns = template.flatMap((width) => (width === 0 ? [] : [`${width}px`])).join(' ')
  const grid = useMemo(() => ({ gridTemplateColumns }), [gridTemplateColumns])
  return { columns, grid, isDense, count, width: template.reduce((sum, each) => sum + each, 0) }
}

interface Moving extends Pick<MatrixProps, 'lines' | 'onSelect'> {
  /** Windows of a row. */
  readonly count: number
  readonly scrollTo: (row: number) => void
}

/** The cell with the tab stop, and the keys that move it. */
function useMoves({ lines, count, onSelect, scrollTo }: Moving) {
  const [at, setAt] = useState({ row: 0, column: count - 1 })
  /** Id of the cell that the focus goes to next; null when it is there. */
  const pending = useRef<string | null>(null)
  const focus = useCallback((row: number, column: number) => setAt({ row, column }), [])
  // Once the row is drawn: a cell that the arrows led to may not be there yet.
  useLayoutEffect(() => {
    const cell = pending.current === null ? null : document.getElementById(pending.current)
    if (cell === null) return
    pending.current = null
    cell.focus()
  })
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
    const line = lines[at.row]
    const chosen = line?.cells[at.column]
    if (event.key === 'x' && line && chosen) onSelect(cellKey(line, chosen))
    if (!step) return
    event.preventDefault()
    const row = Math.min(Math.max(at.row + (step[0] ?? 0), 0), lines.length - 1)
    const column = Math.min(Math.max(at.column + (step[1] ?? 0), 0), count - 1)
    setAt({ row, column })
    scrollTo(row)
    pending.current = idOf(row, column)
  }
  return { at, focus, move }
}

interface Opening extends Pick<MatrixProps, 'lines' | 'hrefOf'> {
  readonly columns: ReturnType<typeof columnsOf>
}

/** A finger opens a cell of a row that was not near before. */
function useOpening({ lines, columns, hrefOf }: Opening) {
  const navigate = useNavigate()
  return ({ target, clientX }: React.MouseEvent) => {
    const cells = target instanceof Element ? target.closest<HTMLElement>('[data-cells]') : null
    const line = lines[Number(cells?.closest<HTMLElement>('[data-row]')?.dataset['row'])]
    const left = (cells?.getBoundingClientRect().left ?? 0) + columns.closes
    const cell = line?.cells[Math.floor((clientX - left) / columns.cell)]
    if (line && cell) void navigate(hrefOf(line, cell))
  }
}

interface HeadRowProps extends Pick<MatrixProps, 'status'> {
  readonly grid: React.CSSProperties
  readonly isDense: boolean
}

function HeadRow({ status, grid, isDense }: HeadRowProps) {
  return (
    <div role="row" aria-rowindex={1} className="grid border-b text-xs font-medium text-faint" style={grid}>
      <span role="columnheader" className="px-3 py-2 first-letter:uppercase">
        {status.words.shard.one}
      </span>
      {!isDense && (
        <span role="columnheader" className="px-2 py-2">
          Closes
        </span>
      )}
      {status.windows.map(({ window }, place) => (
        <span
          key={window}
          role="columnheader"
          className={`${isDense ? 'px-1' : 'px-2'} py-2 whitespace-nowrap ${place === status.windows.length - 1 ? 'text-text' : ''}`}
        >
          <Link to={dayHref(status.pipeline, window)} aria-label={dayOf(window)} title={dayOf(window)}>
            {isDense ? window.slice(8) : dayOf(window).replace(/^(\w+ \d+) \w+$/, '$1')}
          </Link>
        </span>
      ))}
      <span role="columnheader" className="px-3 py-2">
        <span className="sr-only">Note</span>
      </span>
    </div>
  )
}
