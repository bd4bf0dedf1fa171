import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { dayHref } from '../../data/paths.ts'
import { dayOf } from '../../data/time.ts'
import { useWide } from '../../parts/use-wide.ts'
import { CellMark } from './cell-mark.tsx'
import { type Cell, cellKey, type Line, wordsOf } from './cells.ts'
import { NoteOf } from './note-of.tsx'

interface MatrixProps {
  readonly status: ApiAnswer<'GET /api/status'>
  readonly lines: readonly Line[]
  /** Keys of the cells that are chosen, and the way to choose one. */
  readonly selected: ReadonlySet<string>
  readonly onSelect: (key: string) => void
  /** Where a cell leads. */
  readonly hrefOf: (line: Line, cell: Cell) => string
}

const ROW = 30
/** More windows than these are drawn without their streams, unless the screen is wide. */
const DENSE_FROM = 14

/** The completeness matrix as a grid: one tab stop, arrows move, Enter opens, `x` selects. Only rows that are seen are drawn. */
export function Matrix({ status, lines, selected, onSelect, hrefOf }: MatrixProps) {
  const navigate = useNavigate()
  const frame = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState({ row: 0, column: status.windows.length - 1 })
  const rows = useWindowVirtualizer({
    count: lines.length,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: frame.current?.offsetTop ?? 0,
  })
  const isDense = status.windows.length > (useWide() ? 31 : DENSE_FROM)
  const columns = {
    gridTemplateColumns: `minmax(120px,190px) ${isDense ? '' : '128px '}repeat(${status.windows.length}, minmax(${isDense ? 19 : 64}px,1fr)) ${isDense ? 104 : 132}px`,
  }
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
    const line = lines[at.row]
    const cell = line?.cells[at.column]
    if (event.key === 'x' && line && cell) onSelect(cellKey(line, cell))
    if (!step) return
    event.preventDefault()
    const row = Math.min(Math.max(at.row + (step[0] ?? 0), 0), lines.length - 1)
    const column = Math.min(Math.max(at.column + (step[1] ?? 0), 0), status.windows.length - 1)
    setAt({ row, column })
    rows.scrollToIndex(row)
    requestAnimationFrame(() => document.getElementById(idOf(row, column))?.focus())
  }
  return (
    <div className="relative overflow-x-auto">
      <div
        ref={frame}
        role="grid"
        aria-multiselectable="true"
        aria-label={`${status.words.shard.many} by ${status.words.window.one}`}
        aria-rowcount={lines.length + 1}
        aria-colcount={status.windows.length + 1}
        onKeyDown={move}
        className="min-w-[760px]"
      >
        <div role="row" aria-rowindex={1} className="grid border-b text-xs font-medium text-faint" style={columns}>
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
              <Link to={dayHref(status.pipeline, window)}>
                {isDense ? (
                  <>
                    <span aria-hidden="true">{window.slice(8)}</span>
                    <span className="sr-only">{dayOf(window)}</span>
                  </>
                ) : (
                  <span title={dayOf(window)}>{dayOf(window).replace(/^(\w+ \d+) \w+$/, '$1')}</span>
                )}
              </Link>
            </span>
          ))}
          <span role="columnheader" className="px-3 py-2">
            <span className="sr-only">Note</span>
          </span>
        </div>
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const line = lines[index]
            if (!line) return null
            return (
              <div
                key={line.shard.id}
                role="row"
                data-row=""
                aria-rowindex={index + 2}
                className="absolute inset-x-0 grid h-[30px] items-center border-b"
                style={{ ...columns, transform: `translateY(${start - rows.options.scrollMargin}px)` }}
              >
                <span role="rowheader" className="truncate px-3 font-medium" title={line.shard.id}>
                  <Link to={`/locations/${encodeURIComponent(line.shard.id)}`}>{line.shard.name}</Link>
                </span>
                {!isDense && (
                  <span role="gridcell" className="truncate px-2 text-xs text-faint">
                    {line.shard.closeout} {line.shard.timeZone?.split('/').at(-1)?.replaceAll('_', ' ')}
                  </span>
                )}
                {line.cells.map((cell, column) => (
                  <span
                    key={cell.window}
                    role="gridcell"
                    aria-selected={selected.has(cellKey(line, cell))}
                    className={`flex h-full items-center ${isDense ? 'px-0.5' : 'px-2'} aria-selected:bg-due-bg`}
                  >
                    <a
                      id={idOf(index, column)}
                      href={hrefOf(line, cell)}
                      onClick={(event) => {
                        if (event.metaKey || event.ctrlKey) return
                        event.preventDefault()
                        void navigate(hrefOf(line, cell))
                      }}
                      onFocus={() => setAt({ row: index, column })}
                      tabIndex={index === at.row && column === at.column ? 0 : -1}
                      aria-label={`${line.shard.name}, ${dayOf(cell.window)}: ${wordsOf(cell, status.streams)}`}
                      title={`${dayOf(cell.window)}: ${wordsOf(cell, status.streams)}`}
                      className="flex min-w-0 flex-1 gap-0.5"
                    >
                      <CellMark cell={cell} isSmall={isDense} />
                    </a>
                  </span>
                ))}
                <span role="gridcell" className="truncate px-3 text-right text-sm text-dim">
                  <NoteOf line={line} />
                </span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function idOf(row: number, column: number): string {
  return `cell-${row}-${column}`
}
