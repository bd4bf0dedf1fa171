import { useNavigate } from 'react-router'

/** Search for a location, a day or a run, from any page. */
export function Search() {
  const navigate = useNavigate()
  const go = (form: FormData) => {
    const text = String(form.get('q') ?? '').trim()
    if (text !== '') void navigate(placeOf(text))
  }
  return (
    <search className="min-w-0 flex-1 md:max-w-[260px]">
      <form action={go}>
        <input
          id="search"
          name="q"
          type="search"
          autoComplete="off"
          aria-label="Search a location, a day or a run"
          placeholder="Search location, day, run   /"
          className="h-7 w-full min-w-0 rounded-md border border-line-strong bg-bg px-2"
        />
      </form>
    </search>
  )
}

/** Page for what was typed: a run by its id, a day by its date, else locations by name. */
function placeOf(text: string): string {
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(text)) return `/runs/${text}`
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `/?from=${text}&to=${text}`
  return `/?q=${encodeURIComponent(text)}`
}
