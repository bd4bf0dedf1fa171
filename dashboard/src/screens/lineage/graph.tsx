import { useMemo, useRef, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { lineageHref } from '../../data/paths.ts'
import { lookOf, TONE } from '../../design/states.ts'
import { useWidth } from '../../parts/use-width.ts'
import { edgeKey, HEAD, layout, type Placed } from './layout.ts'
import { nearOf, pathOf, type Trace } from './trace.ts'

type Answer = ApiAnswer<'GET /api/lineage'>
type Node = Answer['nodes'][number]

const WIDTH = { least: 140, most: 204 }
const GAP = 32
/** A box from here on has room for its kind. */
const ROOMY = 190
const LINE = 20
const ALONE = 0.25
/** Of a line that only decides which rows there are, where the path of a column is shown. */
const ASIDE = 0.5

interface GraphProps {
  readonly answer: Answer
  readonly node: string | null
  /** Columns that each node shows, by its id. */
  readonly shown: ReadonlyMap<string, readonly string[]>
  /** The column whose path is shown; null for none. */
  readonly column: string | null
}

/** Files, tables and pages in layers from left to right. One tab stop: arrows move, Enter opens. */
export function Graph({ answer, node, shown, column }: GraphProps) {
  const navigate = useNavigate()
  const [near, setNear] = useState<string | null>(null)
  const { placed, ways, layers, height } = useMemo(
    () =>
      layout(
        answer.nodes.map(({ id }) => ({ id, height: heightOf(shown.get(id)) })),
        answer.edges,
      ),
    [answer, shown],
  )
  const byId = useMemo(() => new Map(placed.map((each) => [each.id, each])), [placed])
  const [stop, setStop] = useState<string | null>(null)
  const tab = (stop !== null && byId.has(stop) ? stop : node !== null && byId.has(node) ? node : placed[0]?.id) ?? null
  const lit = useMemo(() => (near === null ? null : nearOf(near, answer.edges)), [near, answer])
  const frame = useRef<HTMLUListElement>(null)
  const room = useWidth(frame)
  const box = Math.round(Math.min(WIDTH.most, Math.max(WIDTH.least, (room + GAP) / Math.max(layers, 1) - GAP)))
  const width = layers * (box + GAP) - GAP
  const move = (event: React.KeyboardEvent) => {
    const to = tab === null ? undefined : nextOf(byId.get(tab), placed, event.key)
    if (event.key === 'Enter' && tab !== null) return void navigate(lineageHref(tab))
    if (!to) return
    event.preventDefault()
    setStop(to.id)
    document.getElementById(domId(to.id))?.focus()
  }
  return (
    <div className="relative overflow-x-auto" role="group" aria-label="Graph; the table below says the same">
      <ul
        ref={frame}
        className="relative"
        style={{ width, height }}
        onKeyDown={move}
        onPointerLeave={() => setNear(null)}
      >
        <Edges
          answer={answer}
          byId={byId}
          ways={ways}
          shown={shown}
          lit={lit}
          size={{ width, height, box }}
          isPath={column !== null}
        />
        {answer.nodes.map((each) => {
          const place = byId.get(each.id)
          if (!place) return null
          return (
            <li
              key={each.id}
              className={`absolute overflow-hidden rounded-md border bg-panel ${each.id === node ? 'border-text' : 'border-line-strong'}`}
              style={{
                width: box,
                height: place.height,
                transform: `translate(${place.layer * (box + GAP)}px, ${place.top}px)`,
                opacity: lit === null || lit.has(each.id) ? 1 : ALONE,
              }}
              onPointerEnter={() => setNear(each.id)}
            >
              <Link
                id={domId(each.id)}
                to={lineageHref(each.id)}
                tabIndex={each.id === tab ? 0 : -1}
                onFocus={() => {
                  setStop(each.id)
                  setNear(each.id)
                }}
                onBlur={() => setNear(null)}
                title={`${each.name}: ${each.description}`}
                className="flex h-[26px] items-center gap-1.5 px-2.5 no-underline!"
              >
                <State state={each.state} />
                <span className={`min-w-0 truncate ${each.id === node ? 'font-semibold' : ''}`}>{each.name}</span>
                <span className={box < ROOMY ? 'sr-only' : 'ml-auto shrink-0 text-xs text-faint'}> {each.kind}</span>
              </Link>
              <Columns node={each} names={shown.get(each.id) ?? []} chosen={each.id === node ? column : null} />
            </li>
          )
        })}
      </ul>
    </div>
  )
}

/** Glyph of a state that needs a look; a table that is current needs none. */
function State({ state }: Pick<Node, 'state'>) {
  if (state === null || state === 'current') return null
  const { glyph, word, tone } = lookOf(state)
  return (
    <span
      className={`inline-flex size-4 shrink-0 items-center justify-center rounded text-xs font-semibold ${TONE[tone]}`}
    >
      <span aria-hidden="true">{glyph}</span>
      <span className="sr-only">{word}: </span>
    </span>
  )
}

interface ColumnsProps {
  readonly node: Node
  readonly names: readonly string[]
  readonly chosen: string | null
}

function Columns({ node, names, chosen }: ColumnsProps) {
  if (names.length === 0) return null
  return (
    <ul className="border-t pt-0.5">
      {names.map((name) => (
        <li
          key={name}
          className={`h-5 truncate px-2.5 font-mono text-xs leading-5 ${name === chosen ? 'bg-sunk' : ''}`}
        >
          <Link
            to={lineageHref(node.id, name)}
            tabIndex={-1}
            title={name}
            className={name === chosen ? 'font-semibold' : 'text-dim'}
          >
            {name}
          </Link>
        </li>
      ))}
    </ul>
  )
}

interface EdgesProps {
  readonly answer: Answer
  readonly byId: ReadonlyMap<string, Placed>
  readonly ways: ReadonlyMap<string, readonly number[]>
  readonly shown: ReadonlyMap<string, readonly string[]>
  readonly lit: Trace | null
  readonly size: { readonly width: number; readonly height: number; readonly box: number }
  /** The path of one column is shown. */
  readonly isPath: boolean
}

/** Lines between nodes; between columns where both ends show the column. */
function Edges({ answer, byId, ways, shown, lit, size, isPath }: EdgesProps) {
  const step = size.box + GAP
  return (
    <li aria-hidden="true" className="pointer-events-none absolute inset-0 list-none">
      <svg aria-hidden="true" width={size.width} height={size.height} className="overflow-visible" fill="none">
        {answer.edges.flatMap((edge) => {
          const [a, b] = [byId.get(edge.from), byId.get(edge.to)]
          if (!a || !b) return []
          const isLit = lit?.has(edge.from) === true && lit.has(edge.to)
          const look = isLit ? 'stroke-text' : 'stroke-faint'
          const ends = endsOf(edge, shown)
          return ends.map(([from, to], at) => (
            <path
              // biome-ignore lint/suspicious/noArrayIndexKey: columns of an edge never move.
              key={`${edgeKey(edge)}/${at}`}
              d={pathOf({
                from: { x: a.layer * step + size.box, y: a.top + from },
                to: { x: b.layer * step, y: b.top + to },
                ways: ways.get(edgeKey(edge)) ?? [],
                step,
              })}
              strokeWidth={isLit ? 1.5 : 1}
              strokeDasharray={edge.isKnown ? undefined : '4 3'}
              className={look}
              opacity={lit !== null && !isLit ? ALONE : isPath && edge.columns.length === 0 ? ASIDE : 1}
            />
          ))
        })}
      </svg>
    </li>
  )
}

/** Pixels below the upper edges of both nodes at which the lines of an edge begin and end. */
function endsOf({ from, to, columns }: Answer['edges'][number], shown: GraphProps['shown']) {
  const at = (id: string, column: string) => {
    const place = (shown.get(id) ?? []).indexOf(column)
    return place < 0 ? HEAD / 2 : HEAD + LINE * (place + 0.5)
  }
  const ends = columns
    .map((column): readonly [number, number] => [at(from, column.from), at(to, column.to)])
    .filter(([a, b]) => a > HEAD / 2 && b > HEAD / 2)
  return ends.length > 0 ? ends : [[HEAD / 2, HEAD / 2] as const]
}

function heightOf(columns: readonly string[] = []): number {
  return columns.length === 0 ? HEAD : HEAD + 4 + columns.length * LINE
}

function domId(id: string): string {
  return `node-${id.replaceAll(/\W/g, '_')}`
}

/** Node that an arrow leads to: above or below in the layer, or the nearest of the next layer. */
function nextOf(at: Placed | undefined, placed: readonly Placed[], key: string): Placed | undefined {
  if (!at) return undefined
  const distance = ({ top }: Placed) => Math.abs(top - at.top)
  const side = { ArrowLeft: -1, ArrowRight: 1 }[key]
  if (side !== undefined)
    return placed.filter(({ layer }) => layer === at.layer + side).toSorted((a, b) => distance(a) - distance(b))[0]
  const isDown = key === 'ArrowDown'
  if (!isDown && key !== 'ArrowUp') return undefined
  return placed
    .filter(({ layer, top }) => layer === at.layer && (isDown ? top > at.top : top < at.top))
    .toSorted((a, b) => distance(a) - distance(b))[0]
}
