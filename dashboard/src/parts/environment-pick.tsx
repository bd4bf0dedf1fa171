import { useView } from '../app/view.ts'
import { useApi } from '../data/query.ts'
import { Pick } from './pick.tsx'

const USUAL = 'models'

/** Choice of the environment of models that a screen shows; nothing where there is only one. It stays when the screen has failed. */
export function EnvironmentPick() {
  const { environment } = useView()
  const { data } = useApi('GET /api/models', { query: {} })
  const known = data?.environments ?? []
  const chosen = environment ?? USUAL
  const isUsual = chosen === USUAL
  if (known.length < 2 && isUsual) return null
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
      <Pick
        name="environment"
        label="Environment of models"
        choices={known.includes(chosen) ? known : [...known, chosen]}
        chosen={chosen}
      />
      {!isUsual && <span className="text-sm text-dim">Most readers see those of {USUAL}.</span>}
    </div>
  )
}
