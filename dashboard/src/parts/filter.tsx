import { useSearchParams } from 'react-router'

interface FilterProps {
  readonly label: string
  readonly isWide?: boolean
}

/** A field that narrows a list by text, kept in the address as `q`. */
export function Filter({ label, isWide = false }: FilterProps) {
  const [search, setSearch] = useSearchParams()
  const put = (text: string) => {
    const next = new URLSearchParams(search)
    next.delete('page')
    if (text === '') next.delete('q')
    else next.set('q', text)
    setSearch(next, { replace: true })
  }
  return (
    <input
      type="search"
      defaultValue={search.get('q') ?? ''}
      onChange={({ target }) => put(target.value)}
      aria-label={label}
      placeholder={label}
      className={`h-7 rounded-md border border-line-strong bg-bg px-2 text-sm ${isWide ? 'w-[340px] max-w-full' : 'w-[190px]'}`}
    />
  )
}
