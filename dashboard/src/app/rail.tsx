import { NavLink } from 'react-router'
import { useApi } from '../data/query.ts'
import { PLACES } from './places.ts'
import { usePipeline, useView } from './view.ts'

/** Places of the product: a column, on a narrow screen a bar at the bottom. */
export function Rail() {
  const { me } = useView()
  const own = usePipeline()
  const status = useApi('GET /api/status', { query: own })
  const open = status.data?.incidents.open ?? 0
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-10 flex gap-0.5 overflow-x-auto border-t bg-sunk px-2 py-1.5 md:sticky md:inset-auto md:top-0 md:h-screen md:flex-col md:overflow-y-auto md:border-t-0 md:border-r md:px-2.5 md:py-3.5"
    >
      <div className="hidden items-center gap-2 px-2 pb-3.5 font-semibold md:flex">
        <Sun /> Daybreak
        <small className="rounded border border-line-strong px-1 text-xs font-medium text-dim">{me.environment}</small>
      </div>
      {PLACES.filter(({ refuses = [] }) => !refuses.includes(me.role)).map(({ path, word, group }) => (
        <div key={path} className="contents">
          {group && <h2 className="mx-2 mt-3 mb-0.5 hidden text-xs font-medium text-faint md:block">{group}</h2>}
          <NavLink
            to={{ pathname: path, search: new URLSearchParams(own).toString() }}
            end={path === '/'}
            className={({ isActive }) =>
              `flex h-7 shrink-0 items-center gap-2 rounded-md px-2 ${isActive ? 'bg-panel font-semibold text-text ring-1 ring-line' : 'text-dim hover:text-text'}`
            }
          >
            {word}
            {path === '/incidents' && open > 0 && (
              <b className="ml-auto rounded-full bg-miss-bg px-1.5 text-xs text-miss">
                {open}
                <span className="sr-only"> open</span>
              </b>
            )}
          </NavLink>
        </div>
      ))}
      <a href="/docs" className="flex h-7 shrink-0 items-center rounded-md px-2 text-dim hover:text-text">
        API
      </a>
      <footer className="mt-auto hidden px-2 pt-2.5 text-xs text-faint md:block">
        {me.name}, {me.role}
        <br />
        Daybreak {me.version}
      </footer>
    </nav>
  )
}

function Sun() {
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 18 18"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
    >
      <path d="M1 12.5h16M3.5 15.5h11" />
      <path d="M4.2 10a4.8 4.8 0 0 1 9.6 0" />
      <path d="M9 1.2v2M2.6 4l1.5 1.4M15.4 4l-1.5 1.4" />
    </svg>
  )
}
