import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useMemo, useRef, useState } from 'react'
import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { dayHref } from '../../data/paths.ts'
import { dayOf } from '../../data/time.ts'
import { useRoomFor } from '../../parts/use-media.ts'
import { type Cell, cellKey, type Line } from './cells.ts'
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

const ROW = 30
/** More windows than these are drawn without their streams, unless the screen is wide. */
const DENSE_FROM = 14

/** The completeness matrix as a grid: one tab stop, arrows move, Enter opens, `x` selects. Only rows that are seen are drawn. */
export function Matrix({ status, lines, selected, onSelect, hrefOf }: MatrixProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState({ row: 0, column: status.windows.length - 1 })
  const rows = useWindowVirtualizer({
    count: lines.length,
    estimateSize: () => ROW,
    overscan: 6,
    scrollMargin: frame.current?.offsetTop ?? 0,
  })
  const hasRoom = useRoomFor('week')
  const most = useRoomFor('month') ? 31 : DENSE_FROM
  const isDense = !hasRoom || status.windows.length > most
  const [cell, note, closes] = isDense ? [19, 104, 0] : [64, 132, 128]
  const template = `minmax(120px,190px) ${isDense ? '' : `${closes}px `}repeat(${status.windows.length}, minmax(${cell}px,1fr)) ${note}px`
  const columns = useMemo(() => ({ gridTemplateColumns: template }), [template])
  const focus = useCallback((row: number, column: number) => setAt({ row, column }), [])
  const minWidth = 120 + closes + cell * status.windows.length + note
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
    const line = lines[at.row]
    const chosen = line?.cells[at.column]
    if (event.key === 'x' && line && chosen) onSelect(cellKey(line, chosen))
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
        style={{ minWidth }}
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
              <MatrixRow
                key={line.shard.id}
                line={line}
                status={status}
                index={index}
                column={index === at.row ? at.column : null}
                top={start - rows.options.scrollMargin}
                columns={columns}
                isDense={isDense}
                selected={selected}
                hrefOf={hrefOf}
                onFocus={focus}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}
