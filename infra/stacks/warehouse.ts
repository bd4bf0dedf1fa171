import { BigqueryDataset } from '@cdktf/provider-google/lib/bigquery-dataset/index.js'
import { BigqueryTable } from '@cdktf/provider-google/lib/bigquery-table/index.js'
import { DataCatalogPolicyTag } from '@cdktf/provider-google/lib/data-catalog-policy-tag/index.js'
import { DataCatalogTaxonomy } from '@cdktf/provider-google/lib/data-catalog-taxonomy/index.js'
import type { App, TerraformStack } from 'cdktf'
import { toMilliseconds } from '../../functions/config/duration.ts'
import { viewsOf } from '../../functions/config/model-environment.ts'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { keyName, MODEL_DATASETS, recentDataset } from '../names.ts'
import { createStack, protection, resourceId } from '../stack.ts'
import { type TableShape, tableShapes } from '../table-shape.ts'

/** Days that the views of the last weeks reach back. */
export const RECENT_DAYS = 35

/** Milliseconds after which a table of `models_staging` is deleted. */
const STAGING_LIFE = 86_400_000

/** Per pipeline a dataset with one table per stream and one of rejects, and a dataset of views on their last weeks; three for models. */
export function warehouseStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'warehouse', deployment)
  const tag = privateTag(stack, deployment)
  const datasets = [...deployment.project.pipelines.values()].flatMap(({ pipeline, description }) => {
    const tables = dataset(stack, pipeline, { deployment, description })
    const views = dataset(stack, recentDataset(pipeline), {
      deployment,
      description: `The last ${RECENT_DAYS} business dates of ${pipeline}: views that need no filter.`,
    })
    for (const shape of tableShapes(deployment.project, pipeline)) {
      const table = declareTable({ stack, deployment, dataset: tables, tag }, shape)
      declareView({ stack, deployment, dataset: views }, { shape, table })
    }
    return [tables, views].map((each) => [each.datasetIdInput ?? '', each] as const)
  })
  emitGrants(['dataset', 'tag'], {
    stack,
    deployment,
    declared: new Map<string, BigqueryDataset | DataCatalogPolicyTag>([
      ...datasets,
      ...modelDatasets(stack, deployment),
      ['private', tag],
    ]),
  })
  return stack
}

/** Builds make their tables and views: a version of a model has a table of its own. */
function modelDatasets(stack: TerraformStack, deployment: Deployment) {
  const { views, data, staging } = MODEL_DATASETS
  const own = deployment.project.modelEnvironments.map((environment) => [environment, viewsOf(environment)] as const)
  return [
    dataset(stack, views, { deployment, description: 'Models: views, what people and programs read.' }),
    ...own.map(([environment, name]) =>
      dataset(stack, name, { deployment, description: `Models of the environment ${environment}: views.` }),
    ),
    dataset(stack, data, { deployment, description: 'Tables of models, one per version. Read the views of `models`.' }),
    dataset(stack, staging, {
      ...{ deployment, description: 'Rows of builds that are not published yet, or are held. Deleted after a day.' },
      defaultTableExpirationMs: STAGING_LIFE,
    }),
  ].map((each) => [each.datasetIdInput ?? '', each] as const)
}

interface DatasetOptions {
  readonly deployment: Deployment
  readonly description: string
  /** Absent for tables that stay. */
  readonly defaultTableExpirationMs?: number
}

function dataset(stack: TerraformStack, id: string, { deployment, ...options }: DatasetOptions) {
  const { warehouse, infra } = deployment
  return new BigqueryDataset(stack, resourceId('dataset', id), {
    ...options,
    datasetId: id,
    location: warehouse.location,
    deleteContentsOnDestroy: !infra.protect,
    // Seven days in which a table can be read as it was.
    maxTimeTravelHours: '168',
    ...protection(deployment),
    ...(infra.encryptionKeys && { defaultEncryptionConfiguration: { kmsKeyName: keyName('warehouse', deployment) } }),
  })
}

/** Columns that a contract masks or hashes carry it: what is left of them is for few. */
function privateTag(stack: TerraformStack, { google }: Deployment): DataCatalogPolicyTag {
  const taxonomy = new DataCatalogTaxonomy(stack, 'privacy', {
    displayName: 'daybreak-privacy',
    description: 'Privacy classes of contracts.',
    region: google.region,
    activatedPolicyTypes: ['FINE_GRAINED_ACCESS_CONTROL'],
  })
  return new DataCatalogPolicyTag(stack, 'privacy-private', {
    taxonomy: taxonomy.id,
    displayName: 'private',
    description: 'Masked and hashed columns.',
  })
}

interface Target {
  readonly stack: TerraformStack
  readonly deployment: Deployment
  readonly dataset: BigqueryDataset
}

function declareTable(
  { stack, deployment, dataset, tag }: Target & { tag: DataCatalogPolicyTag },
  shape: TableShape,
): BigqueryTable {
  const { infra } = deployment
  const schema = shape.columns.map(({ isPrivate, ...column }) => ({
    ...column,
    ...(isPrivate && { policyTags: { names: [tag.name] } }),
  }))
  return new BigqueryTable(stack, resourceId('table', shape.dataset, shape.name), {
    datasetId: dataset.datasetId,
    tableId: shape.name,
    description: shape.description,
    schema: JSON.stringify(schema),
    ...(shape.partitionBy !== null && {
      timePartitioning: {
        type: 'DAY',
        field: shape.partitionBy,
        ...(infra.partitionExpiration && { expirationMs: toMilliseconds(infra.partitionExpiration) }),
      },
    }),
    requirePartitionFilter: shape.needsFilter,
    clustering: [...shape.clusterBy],
    deletionProtection: infra.protect,
  })
}

/** The condition of a view on a partitioned table. */
export function recentSql({ partitionBy }: TableShape): string {
  return partitionBy === null ? '' : ` WHERE ${partitionBy} >= DATE_SUB(CURRENT_DATE(), INTERVAL ${RECENT_DAYS} DAY)`
}

/** A table insists on a partition filter; its view brings one along. */
function declareView(
  { stack, deployment, dataset }: Target,
  { shape, table }: { shape: TableShape; table: BigqueryTable },
): void {
  const from = `\`${deployment.google.project}.${shape.dataset}.${shape.name}\``
  new BigqueryTable(stack, resourceId('view', shape.dataset, shape.name), {
    datasetId: dataset.datasetId,
    tableId: shape.name,
    description: `${shape.description} The last ${RECENT_DAYS} business dates.`,
    deletionProtection: false,
    view: {
      query: `SELECT * FROM ${from}${recentSql(shape)}`,
      useLegacySql: false,
    },
    dependsOn: [table],
  })
}
