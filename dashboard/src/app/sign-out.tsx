import { api } from '../data/api.ts'
import { queries } from '../data/query.ts'
import { useView } from './view.ts'

/** Ends the session of a person who signed in at a provider. On one's own machine there is nothing to leave. */
export function SignOut() {
  const { me } = useView()
  if (me.csrf === null || me.name === 'this-machine') return null
  const leave = async () => {
    await api('DELETE /api/session')
    await queries.resetQueries()
  }
  return (
    <button
      type="button"
      onClick={() => void leave()}
      className="h-7 rounded-md px-1.5 whitespace-nowrap hover:bg-sunk"
      title={me.name}
    >
      Sign out
    </button>
  )
}
