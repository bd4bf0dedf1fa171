import { useSearchParams } from 'react-router'

interface ChoiceProps {
  /** Parameter of the address that holds the choice. */
  readonly name: string
  readonly label: string
  /** Value and word; the first value is empty and stands for the absent parameter. */
  readonly choices: readonly (readonly [string, string])[]
  /** Choice while the parameter is absent. Default: the empty value. */
  readonly usual?: string
}

/** A choice of a few, kept in the address. */
export function Choice({ name, label, choices, usual = '' }: ChoiceProps) {
  const [search, setSearch] = useSearchParams()
  const chosen = search.get(name) ?? usual
  const put = (value: string) => {
    const next = new URLSearchParams(search)
    next.delete('page')
    if (value === usual) next.delete(name)
    else next.set(name, value)
    setSearch(next, { replace: true })
  }
  return (
    <fieldset className="inline-flex max-w-full min-w-0 overflow-x-auto rounded-md border border-line-strong text-sm">
      <legend className="sr-only">{label}</legend>
      {choices.map(([value, word]) => (
        <button
          key={value}
          type="button"
          aria-pressed={chosen === value}
          onClick={() => put(value)}
          className="px-2.5 py-1 whitespace-nowrap text-dim aria-pressed:bg-sunk aria-pressed:font-semibold aria-pressed:text-text"
        >
          {word}
        </button>
      ))}
    </fieldset>
  )
}
