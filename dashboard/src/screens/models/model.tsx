import { Link, useParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useEnvironment, useView } from '../../app/view.ts'
import { several } from '../../data/amount.ts'
import { lineageHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { EnvironmentPick } from '../../parts/environment-pick.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { About } from '../catalog/about.tsx'
import { Build } from './build.tsx'
import { Checks } from './checks.tsx'
import { Columns } from './columns.tsx'
import { ModelRows } from './model-rows.tsx'
import { Partitions } from './partitions.tsx'
import { Versions } from './versions.tsx'

type Answer = ApiAnswer<'GET /api/models/{model}'>

/** A model: is it built, why is it held, what does each column mean? */
export function Model() {
  const { model: name = '' } = useParams()
  const { me } = useView()
  const query = useApi('GET /api/models/{model}', { path: { model: name }, query: useEnvironment() })
  return (
    <>
      <EnvironmentPick />
      <Asked query={query} what={`the model ${name}`}>
        {(model) => (
          <>
            <Head
              trail={<Link to="/models">Models</Link>}
              sentence={
                <>
                  {sentenceOf(model)} <Chip state={model.state} />
                </>
              }
              more={<Told text={model.description} />}
              actions={
                <Link to={lineageHref(`models.${model.model}`)} className={BUTTON_LINK}>
                  Lineage
                </Link>
              }
            />
            {model.reason && (
              <Panel title="Why it is held, and what to do">
                <p>
                  <Told text={model.reason.message} />
                </p>
                <p className="mt-1 text-dim">
                  <Told text={model.reason.remedy} /> <span className="font-mono text-sm">{model.reason.code}</span>
                </p>
              </Panel>
            )}
            <Partitions model={model} />
            {(me.role === 'operator' || me.role === 'admin') && <Build model={model} />}
            <Checks model={model} />
            <Columns model={model} />
            <Known id={`models.${model.model}`} />
            {me.role !== 'viewer' && model.state !== 'absent' && <ModelRows model={model} />}
            <Versions model={model} />
            {model.sql !== null && (
              <Panel title="Query">
                <details>
                  <summary className="cursor-pointer text-dim">
                    {model.source}, in the SQL of BigQuery and with the names of its tables
                  </summary>
                  <pre className="mt-2 overflow-x-auto font-mono text-sm">{model.sql}</pre>
                </details>
              </Panel>
            )}
          </>
        )}
      </Asked>
    </>
  )
}

/** Owner, labels and neighbours, as the catalog knows them. */
function Known({ id }: { readonly id: string }) {
  const query = useApi('GET /api/catalog', { query: { id, ...useEnvironment() } })
  return (
    <Asked query={query} what={`the catalog entry of ${id}`}>
      {({ entries: [entry] }) => entry && <About entry={entry} />}
    </Asked>
  )
}

function sentenceOf({ model, state, newestWindow, held, kind, builtAt }: Answer): React.ReactNode {
  if (state === 'absent') return `${model} is not built yet.`
  if (kind === 'view') return `${model} is a view: it is always as new as what it reads.`
  const built = (
    <>
      built <When at={builtAt} />
    </>
  )
  if (newestWindow === null || newestWindow === 'all')
    return (
      <>
        {model} is one table, {built}.
      </>
    )
  const upTo = `${model} is built up to ${dayOf(newestWindow)}`
  return held === 0 ? `${upTo}.` : `${upTo}; ${several(held, 'date is', 'dates are')} held.`
}
