import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearchParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { bytesOf, countOf, moneyOf, several } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { useApi } from '../../data/query.ts'
import { dayOf, spanOf } from '../../data/time.ts'
import { Act } from '../../parts/act.tsx'
import { Asked } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Field } from '../../parts/field.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

type Plan = ApiAnswer<'POST /api/backfill:plan'>

/** What will a backfill do, and what is lost? The range is in the address, so a plan can be shown to a colleague. */
export function NewBackfill() {
  const [search, setSearch] = useSearchParams()
  const pipelines = useApi('GET /api/pipelines')
  const from = search.get('from') ?? ''
  const to = search.get('to') ?? ''
  const pipeline = search.get('pipeline') ?? ''
  const isArchive = search.get('archive') === '1'
  const body = { from, to, fromArchive: isArchive, ...(pipeline !== '' && { pipeline }) }
  const plan = useQuery({
    queryKey: ['POST /api/backfill:plan', body],
    queryFn: ({ signal }) => api('POST /api/backfill:plan', { body, signal }),
    enabled: from !== '' && to !== '',
  })
  const submit = (form: FormData) => {
    const next = new URLSearchParams()
    for (const [name, value] of form) if (String(value) !== '') next.set(name, String(value))
    setSearch(next, { replace: true })
  }
  return (
    <>
      <Head sentence="A new backfill" more="First the plan: it changes nothing." />
      <Panel title="Range">
        <form action={submit} key={search.toString()} className="flex flex-wrap items-end gap-3">
          <Field label="Pipeline">
            <select
              name="pipeline"
              key={pipelines.data?.pipelines.length}
              defaultValue={pipeline}
              className="h-8 rounded-md border border-line-strong bg-bg px-2"
            >
              {pipelines.data?.pipelines.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <Field label="From">
            <input
              name="from"
              type="date"
              required
              defaultValue={from}
              className="h-8 rounded-md border border-line-strong bg-bg px-2"
            />
          </Field>
          <Field label="To">
            <input
              name="to"
              type="date"
              required
              defaultValue={to}
              className="h-8 rounded-md border border-line-strong bg-bg px-2"
            />
          </Field>
          <label className="flex h-8 items-center gap-1.5">
            <input name="archive" type="checkbox" value="1" defaultChecked={isArchive} /> from the archive only
          </label>
          <Button type="submit">Plan</Button>
        </form>
      </Panel>
      {plan.isEnabled && (
        <Asked query={plan} what="the plan">
          {(answer) => <Planned plan={answer} body={body} />}
        </Asked>
      )}
    </>
  )
}

function Planned({
  plan,
  body,
}: {
  readonly plan: Plan
  readonly body: { readonly from: string; readonly to: string }
}) {
  const { me } = useView()
  const navigate = useNavigate()
  const start = async (reason: string) => {
    const { id } = await api('POST /api/backfill', {
      body: { ...body, planId: plan.planId, reason },
      idempotencyKey: crypto.randomUUID(),
    })
    await navigate(`/backfills/${id}`)
  }
  const what = `${dayOf(body.from)} to ${dayOf(body.to)}, ${several(plan.slices, 'slice')}`
  return (
    <>
      <Panel
        title="Plan"
        isFlush
        aside={
          me.role !== 'viewer' &&
          me.role !== 'analyst' && (
            <Act
              isMain
              word="Start"
              on={what}
              says={`begins ${several(plan.runs, 'run')} over ${what}.`}
              onSend={start}
            />
          )
        }
      >
        <p className="px-3 pb-2 text-lg font-semibold">
          <Told text={plan.sentence} />
        </p>
        <Cost plan={plan} />
        <Table label="Plan" heads={['What', '>Slices']}>
          <Line word="from the archive" count={plan.fromArchive} />
          <Line word="from the source" count={plan.fromSource} />
          <Line word="equal already, skipped" count={plan.skipped} />
          <Line word="to bring in" count={plan.estimate.slices} isStrong />
          <Line word="gone for ever: never archived, and deleted at the source" count={plan.goneSlices} isBad />
        </Table>
      </Panel>
      {plan.gone.length > 0 && (
        <Panel title={plan.gone.length < 200 ? 'Gone for ever' : 'Gone for ever: the first 200'} isFlush>
          <Table label="Gone for ever" heads={['Where', 'From', 'To', '>Slices']}>
            {plan.gone.map(({ shard, shardName, from, to, slices }) => (
              <tr key={`${shard}/${from}`}>
                <Cell>{shardName}</Cell>
                <Cell>{dayOf(from)}</Cell>
                <Cell>{dayOf(to)}</Cell>
                <Cell isNumber>{countOf(slices)}</Cell>
              </tr>
            ))}
          </Table>
        </Panel>
      )}
    </>
  )
}

/** Time, cost, limit and predecessors of a plan, each with what it was worked out from. */
function Cost({ plan: { estimate, limit, waitsFor } }: { readonly plan: Plan }) {
  const { slices, seconds, runs, loads, bytesBilled, cost } = estimate
  return (
    <dl className="grid gap-x-6 gap-y-3 border-t px-3 py-3 sm:grid-cols-2 xl:grid-cols-4">
      <Fact
        name="Time"
        value={slices === 0 ? 'none' : seconds === null ? 'not known' : `about ${spanOf(seconds * 1000)}`}
      >
        {seconds === null ? (
          'No run of this pipeline has brought anything in yet.'
        ) : (
          <>
            The median of <Link to="/runs">{several(runs, 'run')}</Link>, times {several(slices, 'slice')}.
          </>
        )}
      </Fact>
      <Fact name="Cost" value={cost === null ? 'none' : `about $${moneyOf(cost)}`}>
        {cost === null
          ? 'The tables are on this machine.'
          : `At most ${several(loads, 'load')}, each of which bills a count: ${bytesOf(bytesBilled)} in all.`}
      </Fact>
      <Fact
        name="Limit"
        value={limit === null ? 'none' : `${countOf(limit.loadsPerTable)} of ${countOf(limit.perTableAndDay)}`}
      >
        {limit === null
          ? 'These tables take as many loads as there are.'
          : `Loads of a table that BigQuery takes in a day.${limit.days > 1 ? ` It takes ${several(limit.days, 'day')} at least.` : ''}`}
      </Fact>
      <Fact name="Waits for" value={waitsFor.length === 0 ? 'nothing' : several(waitsFor.length, 'backfill')}>
        {waitsFor.length === 0
          ? 'No other backfill goes through these days.'
          : waitsFor.map(({ id, from, to, state }) => (
              <span key={`${id}/${from}`} className="block">
                {id === null ? dayOf(from) : <Link to={`/backfills/${id}`}>{dayOf(from)}</Link>} to {dayOf(to)}, {state}
              </span>
            ))}
      </Fact>
    </dl>
  )
}

interface FactProps {
  readonly name: string
  readonly value: string
  /** How it was found. */
  readonly children: React.ReactNode
}

function Fact({ name, value, children }: FactProps) {
  return (
    <div>
      <dt className="text-xs font-medium text-faint">{name}</dt>
      <dd className="text-lg font-semibold">{value}</dd>
      <dd className="text-sm text-dim">{children}</dd>
    </div>
  )
}

interface LineProps {
  readonly word: string
  readonly count: number
  readonly isBad?: boolean
  readonly isStrong?: boolean
}

function Line({ word, count, isBad = false, isStrong = false }: LineProps) {
  return (
    <tr className={isBad && count > 0 ? 'font-semibold text-miss' : isStrong ? 'font-semibold' : ''}>
      <Cell>{word}</Cell>
      <Cell isNumber>{countOf(count)}</Cell>
    </tr>
  )
}
