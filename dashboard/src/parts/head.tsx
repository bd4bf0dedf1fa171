interface HeadProps {
  /** Answers the screen's question in a sentence. */
  readonly sentence: React.ReactNode
  readonly more?: React.ReactNode
  readonly actions?: React.ReactNode
  /** Where one came from. */
  readonly trail?: React.ReactNode
}

/** Head of a screen. */
export function Head({ sentence, more, actions, trail }: HeadProps) {
  return (
    <header className="mb-4">
      {trail && (
        <nav aria-label="Trail" className="mb-1 text-sm text-dim wrap-anywhere">
          {trail}
        </nav>
      )}
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 sm:flex-nowrap">
        <h1 className="min-w-0 text-xl font-semibold tracking-tight text-balance wrap-anywhere">{sentence}</h1>
        {actions && <div className="flex flex-wrap sm:shrink-0 gap-1.5 pt-0.5">{actions}</div>}
      </div>
      {more && <p className="mt-1 max-w-[110ch] text-dim">{more}</p>}
    </header>
  )
}
