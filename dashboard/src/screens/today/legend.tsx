const MARKS: readonly (readonly [string, string, string])[] = [
  ['bg-ok-bg border border-ok-mark/30', '', 'complete'],
  ['stripes-ok border border-ok-mark/30', '', 'complete, with rejects'],
  ['bg-miss-mark text-on-mark', '!', 'missing'],
  ['bg-held-bg text-held ring-1 ring-inset ring-held', '#', 'held or quarantined'],
  ['bg-due-bg text-due', '·', 'expected'],
  ['bg-disputed-bg text-disputed border border-disputed', 'D', 'disputed'],
  ['stripes-waived border', '', 'closed that day'],
]

/** Meaning of the marks of the matrix. */
export function Legend() {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 px-3 py-2.5 text-xs text-dim">
      {MARKS.map(([look, glyph, word]) => (
        <li key={word} className="flex items-center gap-1.5">
          <span
            aria-hidden="true"
            className={`inline-block h-3 w-[22px] rounded-[3px] text-center font-mono text-[10px] leading-3 font-bold ${look}`}
          >
            {glyph}
          </span>
          {word}
        </li>
      ))}
    </ul>
  )
}
