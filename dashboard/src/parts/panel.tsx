interface PanelProps {
  readonly title?: string
  /** Right of the title. */
  readonly aside?: React.ReactNode
  readonly children: React.ReactNode
  readonly label?: string
  /** Without inner space: tables reach the edge. */
  readonly isFlush?: boolean
}

/** A block of a screen, with a line around it. */
export function Panel({ title, aside, children, label, isFlush = false }: PanelProps) {
  return (
    <section className="mb-4 min-w-0 rounded-lg border bg-panel" aria-label={label ?? title}>
      {title !== undefined && (
        <header className="flex items-center justify-between gap-3 px-3 pt-2.5">
          <h2 className="text-sm font-semibold text-dim">{title}</h2>
          {aside}
        </header>
      )}
      <div className={isFlush ? 'pt-1' : 'p-3'}>{children}</div>
    </section>
  )
}
