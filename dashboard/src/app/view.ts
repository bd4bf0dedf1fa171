import { createContext, useContext, useEffect, useRef } from 'react'
import { useLocation, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../functions/api/contract/client.ts'
import type { Clock } from '../data/time.ts'

/** The signed-in person, and the zone of the clock that is shown. */
export interface View {
  readonly me: ApiAnswer<'GET /api/me'>
  readonly clock: Clock
  /** Name of the pipeline of the page; null for the only one. */
  readonly pipeline: string | null
  /** Names of all pipelines. */
  readonly pipelines: readonly string[]
  /** Data set of the views of models that the page shows; null for that of most readers. */
  readonly environment: string | null
}

/** Holds the view of the page. */
export const ViewContext = createContext<View | null>(null)

/** View of the page. Throws outside of the shell. */
export function useView(): View {
  const view = useContext(ViewContext)
  if (!view) throw new Error('useView needs the shell')
  return view
}

/** Part of a query that names the pipeline of the page; empty for the only one. */
export function usePipeline(): { readonly pipeline?: string } {
  const { pipeline } = useView()
  return pipeline === null ? {} : { pipeline }
}

/** Part of a query that names the environment of models of the page; empty for that of most readers. */
export function useEnvironment(): { readonly environment?: string } {
  const { environment } = useView()
  return environment === null ? {} : { environment }
}

const OF_MODELS = /^\/(models|lineage|data)(\/|$)/

/** Environment of models in the address. Links between the screens of models need not name it: it is put back. */
export function useKeptEnvironment(): string | null {
  const { pathname } = useLocation()
  const [search, setSearch] = useSearchParams()
  const kept = useRef<string | null>(null)
  const named = search.get('environment')
  const shown = OF_MODELS.test(pathname) ? (named ?? kept.current) : null
  useEffect(() => {
    if (shown === null) return
    kept.current = shown
    if (named !== null) return
    const next = new URLSearchParams(search)
    next.set('environment', shown)
    setSearch(next, { replace: true })
  }, [shown, named, search, setSearch])
  return shown
}
