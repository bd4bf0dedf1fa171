import { Link, useSearchParams } from 'react-router'
import { BUTTON_LINK } from './button.tsx'

/** Link to the next page of a list; the address holds where one is. */
export function Pages({ next }: { readonly next: string | null }) {
  const [search] = useSearchParams()
  const to = (page: string | null) => {
    const params = new URLSearchParams(search)
    if (page === null) params.delete('page')
    else params.set('page', page)
    return { search: params.toString() }
  }
  if (next === null && !search.has('page')) return null
  return (
    <nav aria-label="Pages" className="flex gap-2 px-3 py-2">
      {search.has('page') && (
        <Link to={to(null)} className={BUTTON_LINK}>
          First page
        </Link>
      )}
      {next !== null && (
        <Link to={to(next)} className={BUTTON_LINK}>
          Next page
        </Link>
      )}
    </nav>
  )
}
