interface TableProps {
  /** Says what the table holds, to a screen reader. */
  readonly label: string
  /** Heads; one that begins with `>` is right-aligned, one that begins with `-` is left out on a narrow screen. */
  readonly heads: readonly string[]
  readonly children: React.ReactNode
}

/** A table that scrolls by itself when the screen is narrow. */
export function Table({ label, heads, children }: TableProps) {
  return (
    // Relative, so that what only a screen reader sees is cut with the rest and does not widen the page.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div className="relative overflow-x-auto" role="group" aria-label={label} tabIndex={0}>
      <table className="w-full border-collapse">
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

/** A head; over cells that need none, an empty cell. */
function HeadCell({ head }: { readonly head: string }) {
  const text = head.replace(/^-?>?/, '')
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
      className={`h-7 border-b px-3 py-1 ${isNumber ? 'text-right' : ''} ${width} ${isMinor ? MINOR : ''}`}
    >
      {children}
    </td>
  )
}
