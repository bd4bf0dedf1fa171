import { Link, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useEnvironment, useView } from '../../app/view.ts'
import { countOf, several } from '../../data/amount.ts'
import { modelHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { dayOf } from '../../data/time.ts'
import { Asked } from '../../parts/asked.tsx'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Empty } from '../../parts/empty.tsx'
import { EnvironmentPick } from '../../parts/environment-pick.tsx'
import { Filter } from '../../parts/filter.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'

type Row = ApiAnswer<'GET /api/models'>['models'][number]

/** Are the tables of answers built, and which of them is held? */
export function Models() {
  const { me } = useView()
  const query = useApi('GET /api/models', { query: useEnvironment() })
  return (
    <>
      <EnvironmentPick />
      <Asked query={query} what="the models">
        {({ models }) => (
          <>
            <Head
              sentence={sentenceOf(models)}
              more="A model is a query whose table is built anew where its inputs changed, and published when its checks pass."
              actions={
                models.length > 0 &&
                me.role !== 'viewer' && (
                  <Link to="/models/changes" className={BUTTON_LINK}>
                    Compare with the project
                  </Link>
                )
              }
            />
            {models.length === 0 ? (
              <Panel label="Models">
                <Empty>
                  The project has no models. Put a query with its YAML into <code>config/models</code>, then run{' '}
                  <code>npx daybreak model compile</code>.
                </Empty>
              </Panel>
            ) : (
              <List models={models} />
            )}
          </>
        )}
      </Asked>
    </>
  )
}

function List({ models }: { readonly models: readonly Row[] }) {
  const [search] = useSearchParams()
  const [text, state] = [(search.get('q') ?? '').toLowerCase(), search.get('state')]
  const shown = models
    .filter((row) => state === null || row.state === state)
    .filter(({ model, description }) => `${model} ${description}`.toLowerCase().includes(text))
    .toSorted(byNeed)
  return (
    <Panel label="Models" isFlush>
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <Filter label="Filter models" />
        <Choice
          name="state"
          label="State"
          choices={[
            ['', `All ${models.length}`],
            ...(['held', 'pending', 'absent', 'current'] as const).flatMap((one): [string, string][] => {
              const count = models.filter((row) => row.state === one).length
              return count === 0 ? [] : [[one, `${STATE_WORDS[one]} ${count}`]]
            }),
          ]}
        />
      </div>
      {shown.length === 0 ? (
        <Empty>No model matches.</Empty>
      ) : (
        <Table
          label="Models"
          heads={['Model', 'State', 'Why, or what it holds', 'Newest', '-Built', '->Checks', '-Version']}
        >
          {shown.map((row) => (
            <tr key={row.model}>
              <Cell>
                <Link to={modelHref(row.model)} className="font-medium">
                  {row.model}
                </Link>
              </Cell>
              <Cell>
                <Chip state={row.state} />
              </Cell>
              <Cell isCut title={row.reason?.message ?? row.description}>
                {row.reason ? (
                  <Told text={row.reason.message} />
                ) : (
                  <span className="text-dim">
                    <Told text={row.description} />
                  </span>
                )}
              </Cell>
              <Cell>{newestOf(row)}</Cell>
              <Cell isMinor>
                <When at={row.builtAt} />
              </Cell>
              <Cell isNumber isMinor>
                {countOf(row.checks)}
              </Cell>
              <Cell isMinor>
                <span className="font-mono text-sm text-dim">{row.version}</span>
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

const STATE_WORDS = { held: 'Held', pending: 'Building', absent: 'Not built', current: 'Current' } as const
const URGENCY = ['held', 'pending', 'absent', 'current']

/** Those that need a person first, and seeds after what is computed. */
function byNeed(a: Row, b: Row): number {
  const rank = ({ state, kind }: Row) => URGENCY.indexOf(state) * 2 + (kind === 'seed' ? 1 : 0)
  return rank(a) - rank(b)
}

/** Newest partition; a model without dates has one table. */
function newestOf({ newestWindow, kind }: Row): string {
  if (newestWindow === null) return kind === 'view' ? 'a view' : ''
  return newestWindow === 'all' ? 'one table' : dayOf(newestWindow)
}

function sentenceOf(models: readonly Row[]): string {
  if (models.length === 0) return 'There are no models yet.'
  const held = models.filter(({ state }) => state === 'held').map(({ model }) => model)
  const current = models.filter(({ state }) => state === 'current').length
  const all = `${countOf(current)} of ${several(models.length, 'model is', 'models are')} current`
  if (held.length === 0) return `${all}.`
  const named = held.length <= 3 ? held.join(', ') : `${held.slice(0, 2).join(', ')} and ${held.length - 2} more`
  return `${all}. Held back by a check: ${named}.`
}
