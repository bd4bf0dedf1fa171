import { createContext, useContext } from 'react'
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
