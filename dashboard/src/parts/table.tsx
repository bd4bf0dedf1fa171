interface TableProps {
  /** Says what the table holds, to a screen reader. */
  readonly label: string
  /** Heads; one that begins with `>` is right-aligned. */
  readonly heads: readonly string[]
  readonly children: React.ReactNode
}

/** A table that scrolls by itself when the screen is narrow. */
export function Table({ label, heads, children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="overflow-x-auto" aria-label={label} tabIndex={0}>
      <table className="w-full border-collapse">
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th
                // biome-ignore lint/suspicious/noArrayIndexKey: heads never move.
                key={at}
                scope="col"
                className={`h-7 border-b px-3 text-xs font-medium whitespace-nowrap text-faint ${head.startsWith('>') ? 'text-right' : 'text-left'}`}
              >
                {head.replace(/^>/, '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr:last-child>td]:border-0">{children}</tbody>
      </table>
    </section>
  )
}

interface CellProps {
  readonly children?: React.ReactNode
  readonly isNumber?: boolean
  readonly isWide?: boolean
}

/** A cell: numbers to the right, long text in several lines only where told. */
export function Cell({ children, isNumber = false, isWide = false }: CellProps) {
  return (
    <td
      className={`h-7 border-b px-3 py-1 ${isNumber ? 'text-right' : ''} ${isWide ? 'min-w-[28ch]' : 'whitespace-nowrap'}`}
    >
      {children}
    </td>
  )
}
