import { BUSINESS_DATE } from '../../functions/contract/carried.ts'

/** Names of the templates, the one that is taken without `--template` first. */
export const TEMPLATE_NAMES = ['toast', 'csv-folder', 'olist', 'empty'] as const

/** Name of a template. */
export type TemplateName = (typeof TEMPLATE_NAMES)[number]

/** A project to begin with: folders of this installation, or files that are written here. */
export interface Template {
  /** One sentence for the README of the project. */
  readonly about: string
  /** Folders below the installation, and where they go below the project. */
  readonly folders: readonly { readonly from: string; readonly to: string }[]
  /** Paths below the project that are not taken. */
  readonly without: RegExp
  readonly files: Readonly<Record<string, string>>
  /** Commands that lead to the first result. */
  readonly commands: readonly string[]
}

const NOTHING = /^$/

const EMPTY_LOCAL = `# yaml-language-server: $schema=../schema/environment.json
version: 1
environment: local
sources:
  files: { kind: folder, root: data }
objects: { kind: folder, root: '\${DAYBREAK_HOME}/objects' }
warehouse: { kind: duckdb, path: '\${DAYBREAK_HOME}/warehouse.duckdb' }
ledger: { kind: sqlite, path: '\${DAYBREAK_HOME}/ledger.sqlite' }
privacy: { hash_key: '\${DAYBREAK_HASH_KEY:-secret://hash_key}' }
`

const EMPTY_PIPELINE = `# yaml-language-server: $schema=../schema/pipeline.json
version: 1
kind: files
pipeline: own
description: Files of a folder per place and day. Change path, schedule and streams to yours.
source: files
streams: [rows]
path: '{shard}/{window}/{file}'
shards: discover
schedule: { daily: '06:00', time_zone: UTC, sweep_every: 1h, late_after: 6h, look_back: 7d }
`

const EMPTY_CONTRACT = `# yaml-language-server: $schema=../../schema/contract.json
version: 1
stream: rows
description: One row per thing. Change the columns to those of your file.
file: rows.csv
key: [place, id]
carries: { shard: place, window: day }
columns:
  - { name: id, from: Id, type: string, required: true, description: Identifier of the row. }
  - { name: amount, from: Amount, type: numeric, scale: 2, description: Amount of the row. }
`

/** Every template by its name. */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  toast: {
    about: 'Nightly exports of restaurants on Toast: tables, models and marts.',
    folders: [{ from: 'config', to: 'config' }],
    without: /^config\/(schema\/|notify\.yaml$|environments\/(?!local\.yaml$))/,
    files: {},
    commands: [
      'validate',
      'mock --out exports --days 2 --scale 0.2',
      'import exports --time-zone America/New_York',
      'status',
      `query 'select ${BUSINESS_DATE}, sum(amount) as net_sales from toast.order_details group by all order by all'`,
    ],
  },
  'csv-folder': {
    about: 'A folder of CSV files per shop and day, with three days of invented sales.',
    folders: [
      { from: 'examples/csv-folder/config', to: 'config' },
      { from: 'examples/csv-folder/data', to: 'data' },
    ],
    without: NOTHING,
    files: {},
    commands: [
      'validate',
      'run --date 2026-03-01,2026-03-02,2026-03-03',
      'rejects list',
      "query 'select day, store, sum(amount) as amount from shops.sales group by all order by all'",
    ],
  },
  olist: {
    about: 'Nine tables of a marketplace, with models over them and a generator of their files.',
    folders: [{ from: 'examples/olist/config', to: 'config' }],
    without: NOTHING,
    files: {},
    commands: [
      'validate',
      'contract mock olist --days 2 --seed 7 --out data',
      'run --date 2026-03-01,2026-03-02',
      'query "select state, orders, on_time from models.delivery_slas order by orders desc limit 5"',
    ],
  },
  empty: {
    about: 'One stream of one file, to be changed to yours.',
    folders: [],
    without: NOTHING,
    files: {
      'config/environments/local.yaml': EMPTY_LOCAL,
      'config/pipelines/own.yaml': EMPTY_PIPELINE,
      'config/contracts/own/rows.yaml': EMPTY_CONTRACT,
      'data/here/2026-03-01/rows.csv': 'Id,Amount\n1,10.50\n2,7.25\n',
    },
    commands: ['validate', 'run --date 2026-03-01', "query 'select * from own.rows order by id'"],
  },
}
