import { listExposures } from '../../functions/compose/exposures.ts'
import { exposuresReached, reachedText } from '../../functions/models/reach.ts'
import {
  applyModels,
  listEnvironments,
  planApply,
  planColumns,
  removeEnvironment,
} from '../../functions/pipeline/work/apply-models.ts'
import { actorOf } from '../actor.ts'
import { command } from '../command.ts'
import { withDaybreak } from '../open.ts'

const REBUILD = {
  rebuild: { type: 'boolean', description: 'Build all partitions of a model that only got columns.' },
} as const

const FOR_MODELS = { isForModels: true } as const

// Dollars per TiB of a query on demand.
const PRICE = 6.25

/** Changes from what views show to the models of the project. */
export const plan = command({
  name: 'model plan',
  description:
    'Show what apply would change: breaking, non-breaking, indirect or text only, with partitions, bytes and cost.',
  args: REBUILD,
  examples: ['daybreak model plan', 'daybreak model plan -e dev_anna'],
  async run(call) {
    const { args, output } = call
    const { changes, columns } = await withDaybreak(
      call,
      async ({ worker }) => ({
        changes: await planApply(worker, { rebuild: args.rebuild ?? false }),
        columns: await planColumns(worker),
      }),
      FOR_MODELS,
    )
    await output.rows({
      columns: ['model', 'change', 'because', right('partitions'), right('bytes'), right('dollars')],
      rows: changes.map(({ model, category, reasons, partitions, bytes }) => ({
        ...{ model, change: category, because: reasons.join(', '), partitions, bytes },
        dollars: bytes === null ? null : Number(((bytes / 2 ** 40) * PRICE).toFixed(2)),
      })),
      empty: 'Views show the models of the project.',
    })
    for (const reached of exposuresReached(await listExposures(call.options.projectDir), columns))
      await output.text(`Shown by ${reachedText(reached)}`)
    return 0
  },
})

/** Builds changed models next to those that views show, and swaps the views at the end. */
export const apply = command({
  name: 'model apply',
  description: 'Build changed models next to the old ones, and swap the views when all partitions are published.',
  args: {
    ...REBUILD,
    release: { type: 'string', valueHint: 'NUMBER', description: 'Go back to the versions of a release.' },
    accept: {
      type: 'string',
      valueHint: 'REASON',
      description: 'Why days that were signed may show other rows; it goes into the audit.',
    },
  },
  examples: ['daybreak model apply', 'daybreak model apply -e dev_anna', 'daybreak model apply --release 3'],
  async run(call) {
    const { args, output, context } = call
    const request = {
      by: actorOf(context),
      rebuild: args.rebuild ?? false,
      ...(args.release !== undefined && { release: Number(args.release) }),
      ...(args.accept !== undefined && { accept: args.accept }),
    }
    const { release, built, held } = await withDaybreak(call, ({ worker }) => applyModels(worker, request), FOR_MODELS)
    await output.record({ release, built, held: held.join(', ') })
    return held.length > 0 ? 3 : 0
  },
})

/** Releases of models, the newest first. */
export const releases = command({
  name: 'model releases',
  description: 'List the releases of models: which versions views showed, since when, and who applied them.',
  examples: ['daybreak model releases'],
  async run(call) {
    const found = await withDaybreak(
      call,
      ({ ports }, { modelViews: environment }) => ports.ledger.modelReleases({ environment }),
      FOR_MODELS,
    )
    await call.output.rows({
      columns: [right('release'), 'at', 'by', 'versions'],
      rows: found.map(({ number, at, by, versions }) => ({
        ...{ release: number, at: new Date(at).toISOString(), by },
        versions: Object.entries(versions)
          .map(([model, fingerprint]) => `${model} ${fingerprint}`)
          .join(', '),
      })),
      empty: 'Nothing was built yet.',
    })
    return 0
  },
})

/** Environments whose views show models. */
export const environments = command({
  name: 'model environments',
  description: 'List the environments that show models from the tables of this one, and the tables that are their own.',
  examples: ['daybreak model environments'],
  async run(call) {
    const found = await withDaybreak(call, ({ ports }) => listEnvironments(ports), FOR_MODELS)
    await call.output.rows({
      columns: ['dataset', right('release'), 'at', 'by', right('models'), { key: 'own', head: 'shown here alone' }],
      rows: found.map(({ release: { environment: dataset, number, at, by }, models, own }) => {
        return { dataset, release: number, at: new Date(at).toISOString(), by, models, own: own.join(', ') }
      }),
      empty: 'Nothing was built yet.',
    })
    return 0
  },
})

/** Takes the views of an environment of models away. */
export const remove = command({
  name: 'model remove',
  description:
    'Remove the views of an environment of models. Tables that no other environment shows are deleted two weeks later.',
  examples: ['daybreak model remove -e dev_anna'],
  async run(call) {
    const removed = await withDaybreak(
      call,
      ({ worker }) => removeEnvironment(worker, actorOf(call.context)),
      FOR_MODELS,
    )
    await call.output.record({ environment: call.options.environment, views: removed.length })
    return 0
  },
})

function right(key: string) {
  return { key, align: 'right' } as const
}
