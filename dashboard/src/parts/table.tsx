interface TableProps {
  /** Says what the table holds, to a screen reader. */
  readonly label: string
  /** Heads; one that begins with `>` is right-aligned, one that begins with `-` is left out on a narrow screen, unless it is a number. */
  readonly heads: readonly string[]
  readonly children: React.ReactNode
  /** Keeps its columns on a narrow screen and scrolls there: for rows of any shape. */
  readonly isGrid?: boolean
}

/** A table. On a narrow screen a row becomes two lines, the second with the name of each number; a grid scrolls instead. */
export function Table({ label, heads, children, isGrid = false }: TableProps) {
  return (
    // Relative, so that what only a screen reader sees is cut with the rest and does not widen the page.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div className="relative overflow-x-auto" role="group" aria-label={label} tabIndex={0}>
      <table className={`w-full border-collapse ${isGrid ? '' : 'two-line'}`} style={isGrid ? {} : labelsOf(heads)}>
        <thead>
          <tr>
            {heads.map((head, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: heads never move.
              <HeadCell key={at} head={head} />
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr:last-child>td]:border-0 [&>tr:focus-within]:bg-sunk">{children}</tbody>
      </table>
    </div>
  )
}

/** Text of each head for the style of narrow rows. */
function labelsOf(heads: readonly string[]): Readonly<Record<`--head-${number}`, string>> {
  return Object.fromEntries(heads.map((head, at) => [`--head-${at + 1}`, JSON.stringify(textOf(head))]))
}

function textOf(head: string): string {
  return head.replace(/^-?>?/, '')
}

/** A head; over cells that need none, an empty cell. */
function HeadCell({ head }: { readonly head: string }) {
  const text = textOf(head)
  const side = head.includes('>') ? 'text-right' : 'text-left'
  const look = `h-7 border-b px-3 text-xs font-medium whitespace-nowrap text-faint ${side} ${head.startsWith('-') ? MINOR : ''}`
  if (text === '') return <td className={look} />
  return (
    <th scope="col" className={look}>
      {text}
    </th>
  )
}

const MINOR = 'max-sm:hidden'

interface CellProps {
  readonly children?: React.ReactNode
  readonly isNumber?: boolean
  /** Long text in several lines. */
  readonly isWide?: boolean
  /** Long text in one line, cut where the row ends; the title holds all of it. */
  readonly isCut?: boolean
  /** Left out on a narrow screen, as its head. */
  readonly isMinor?: boolean
  readonly title?: string
}

/** A cell: numbers to the right, long text in several lines or cut only where told. */
export function Cell({ children, isNumber = false, isWide = false, isCut = false, isMinor = false, title }: CellProps) {
  const width = isCut
    ? 'w-full max-w-0 min-w-[18ch] truncate'
    : isWide
      ? 'min-w-[22ch] w-1/2 [overflow-wrap:anywhere]'
      : 'whitespace-nowrap'
  return (
    <td
      title={title}
      data-minor={isMinor ? '' : undefined}
      data-cell={isNumber ? 'number' : isWide || isCut ? 'wide' : undefined}
      className={`h-7 border-b px-3 py-1 ${isNumber ? 'text-right' : ''} ${width} ${isMinor ? MINOR : ''}`}
    >
      {children}
    </td>
  )
}
