import { useCallback, useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Clock } from '../data/time.ts'
import { Pick } from '../parts/pick.tsx'
import { KeyHelp } from './key-help.tsx'
import { useKeys } from './keys.ts'
import { Live } from './live.tsx'
import { Rail } from './rail.tsx'
import { Search } from './search.tsx'
import { SignOut } from './sign-out.tsx'
import { useTheme } from './theme.ts'
import { useView } from './view.ts'

const CLOCK_WORDS: Readonly<Record<Clock, string>> = {
  place: 'Times: each place’s own',
  mine: 'Times: mine',
  utc: 'Times: UTC',
}

/** Frame of every page: rail, search, clock, live sign. */
export function Shell({ children }: { readonly children: React.ReactNode }) {
  const { clock, pipeline, pipelines } = useView()
  const [search, setSearch] = useSearchParams()
  const [isHelp, setHelp] = useState(false)
  const { theme, turn } = useTheme()
  useKeys({ onHelp: useCallback(() => setHelp(true), []) })
  const choose = (value: string) => {
    const next = new URLSearchParams(search)
    if (value === 'place') next.delete('tz')
    else next.set('tz', value)
    setSearch(next, { replace: true })
  }
  return (
    <div className="grid min-h-screen grid-cols-1 md:grid-cols-[184px_minmax(0,1fr)]">
      <a href="#main" className="absolute -top-10 left-2 z-20 rounded-md bg-text px-3 py-1 text-bg focus:top-2">
        Skip to the page
      </a>
      <Rail />
      <div className="min-w-0 pb-16 md:pb-0">
        <header className="flex h-11 items-center gap-3 border-b bg-panel px-3 md:px-6">
          {pipelines.length > 1 && (
            <Pick isBare name="pipeline" label="Pipeline" choices={pipelines} chosen={pipeline ?? ''} />
          )}
          <div className={pipelines.length > 1 ? 'min-w-0 flex-1 max-sm:hidden' : 'contents'}>
            <Search />
          </div>
          <div className="ml-auto flex min-w-0 items-center gap-3 text-sm text-dim">
            <label>
              <span className="sr-only">Clock</span>
              <select
                value={clock}
                onChange={({ target }) => choose(target.value)}
                className="hidden h-7 rounded-md border border-line-strong bg-panel px-1.5 sm:block"
              >
                {Object.entries(CLOCK_WORDS).map(([value, word]) => (
                  <option key={value} value={value}>
                    {word}
                  </option>
                ))}
              </select>
            </label>
            <button
              type="button"
              onClick={turn}
              className="hidden h-7 rounded-md px-1.5 whitespace-nowrap hover:bg-sunk lg:block"
            >
              Colours: {theme}
            </button>
            <SignOut />
            <Live />
          </div>
        </header>
        <main id="main" className="mx-auto max-w-[1680px] has-[[role=grid]]:max-w-none px-3 pt-4 pb-10 md:px-6">
          {children}
        </main>
      </div>
      <KeyHelp isOpen={isHelp} onClose={() => setHelp(false)} />
    </div>
  )
}
