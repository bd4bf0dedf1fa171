import { useSearchParams } from 'react-router'

interface PickProps {
  /** Parameter of the address that holds the choice. */
  readonly name: string
  readonly label: string
  readonly choices: readonly string[]
  readonly chosen: string
  /** The label is for screen readers alone. */
  readonly isBare?: boolean
}

/** A choice of many, kept in the address. */
export function Pick({ name, label, choices, chosen, isBare = false }: PickProps) {
  const [search, setSearch] = useSearchParams()
  const put = (value: string) => {
    const next = new URLSearchParams(search)
    next.set(name, value)
    setSearch(next, { replace: true })
  }
  return (
    <label className="inline-flex items-center gap-2 text-sm text-dim">
      <span className={isBare ? 'sr-only' : ''}>{label}</span>
      <select
        value={chosen}
        onChange={({ target }) => put(target.value)}
        className={`h-7 rounded-md border border-line-strong bg-panel px-1.5 text-text ${isBare ? 'max-w-20 sm:max-w-56' : 'max-w-[70vw]'}`}
      >
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    </label>
  )
}
