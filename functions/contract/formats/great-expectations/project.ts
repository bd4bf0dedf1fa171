import { createHash } from 'node:crypto'
import type { Contract } from '../../contract.ts'
import { fileOf } from '../../contract.ts'
import { headersOf } from '../../drift.ts'
import { relationOf } from '../../relation.ts'
import type { ContractFormat, ContractSet, ExportedFile } from '../format.ts'
import { type Expectation, fileSuite, type Suite, tableSuite } from './expectations.ts'
import { RUNNER } from './runner.ts'
import { TARGETS, type Target } from './targets.ts'

/** A project of Great Expectations 1.x per target: suites of files and tables, checkpoints before and after a load. */
export const GREAT_EXPECTATIONS: ContractFormat = {
  name: 'great-expectations',
  description: 'Great Expectations 1.x: a project per target with suites, checkpoints, data docs and a runner.',
  export: (set) => TARGETS.flatMap((target) => projectOf(target, set)),
}

interface Project {
  readonly target: Target
  readonly set: ContractSet
  readonly files: readonly Suite[]
  readonly tables: readonly Suite[]
}

function projectOf(target: Target, set: ContractSet): readonly ExportedFile[] {
  const project: Project = {
    target,
    set,
    // A file in another format than CSV is no table before it is loaded.
    files: set.contracts.filter(({ format = 'csv' }) => format === 'csv').map(fileSuite),
    tables: set.contracts.map((contract) => tableSuite(contract, set, target)),
  }
  const suites = [...project.files, ...project.tables]
  const at = (path: string): string => `${target.name}/${path}`
  return [
    { path: at('gx/great_expectations.yml'), content: { kind: 'yaml', value: configuration(project) } },
    ...suites.map((suite) => json(at(`gx/expectations/${suite.name}.json`), suiteFile(suite))),
    ...project.files.map((suite) =>
      json(at(`gx/validation_definitions/${suite.name}.json`), definition(suite, 'files')),
    ),
    ...project.tables.map((suite) =>
      json(at(`gx/validation_definitions/${suite.name}.json`), definition(suite, 'tables')),
    ),
    json(at('gx/checkpoints/before_load.json'), checkpoint('before_load', project.files)),
    json(at('gx/checkpoints/after_load.json'), checkpoint('after_load', project.tables)),
    json(at('tolerances.json'), tolerances(suites)),
    { path: at('run.py'), content: { kind: 'text', text: RUNNER } },
    { path: at('files/README.md'), content: { kind: 'text', text: FILES } },
    { path: at('not-expressed.md'), content: { kind: 'text', text: notExpressed(suites) } },
  ]
}

const FILES = 'Put the files of one location and day here, with the names that they have when they are delivered.\n'

const json = (path: string, value: unknown): ExportedFile => ({ path, content: { kind: 'json', value } })

/** The same id for the same name, so that an export changes only where a contract does. */
function idOf(...names: readonly string[]): string {
  const hex = createHash('sha256').update(names.join('/')).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

function configuration({ target, set }: Project): object {
  const contracts = set.contracts
  return {
    config_version: 4,
    data_context_id: idOf('context', set.pipeline, target.name),
    config_variables_file_path: 'uncommitted/config_variables.yml',
    plugins_directory: 'plugins/',
    stores: {
      expectations_store: store('ExpectationsStore', 'expectations/'),
      validation_results_store: store('ValidationResultsStore', 'uncommitted/validations/'),
      checkpoint_store: store('CheckpointStore', 'checkpoints/'),
      validation_definition_store: store('ValidationDefinitionStore', 'validation_definitions/'),
    },
    expectations_store_name: 'expectations_store',
    validation_results_store_name: 'validation_results_store',
    checkpoint_store_name: 'checkpoint_store',
    data_docs_sites: {
      local_site: {
        class_name: 'SiteBuilder',
        show_how_to_buttons: false,
        ...backend('uncommitted/data_docs/local_site/'),
        site_index_builder: { class_name: 'DefaultSiteIndexBuilder' },
      },
    },
    analytics_enabled: false,
    fluent_datasources: {
      files: {
        type: target.files,
        id: idOf('files'),
        base_directory: 'files',
        assets: Object.fromEntries(contracts.map((contract) => [contract.stream, fileAsset(contract, target)])),
      },
      tables: {
        type: target.type,
        id: idOf('tables'),
        ...target.connection,
        assets: Object.fromEntries(
          contracts.map((contract) => [contract.stream, tableAsset(contract, { target, set })]),
        ),
      },
    },
  }
}

const store = (name: string, folder: string): object => ({ class_name: name, ...backend(folder) })

const backend = (folder: string): object => ({
  store_backend: { class_name: 'TupleFilesystemStoreBackend', base_directory: folder },
})

/** Every value is read as text, as a contract does; an empty one stays an empty text. */
const READING: Readonly<Record<Target['files'], (contract: Contract) => object>> = {
  pandas_filesystem: ({ columns }) => ({
    dtype: Object.fromEntries(columns.flatMap((column) => headersOf(column).map((header) => [header, 'str']))),
    keep_default_na: false,
  }),
  spark_filesystem: () => ({ header: true }),
}

function fileAsset(contract: Contract, { files }: Target): object {
  const regex = `${fileOf(contract)
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace('*', '.*')}$`
  return {
    type: 'csv',
    id: idOf('files', contract.stream),
    ...READING[files](contract),
    batch_definitions: {
      [contract.stream]: { id: idOf('files', contract.stream, 'batch'), partitioner: { regex, param_names: [] } },
    },
  }
}

function tableAsset(contract: Contract, { target, set }: Pick<Project, 'target' | 'set'>): object {
  return {
    ...target.asset(relationOf(contract, { catalog: null, schema: set.pipeline })),
    id: idOf('tables', contract.stream),
    batch_definitions: { [contract.stream]: { id: idOf('tables', contract.stream, 'batch'), partitioner: null } },
  }
}

function suiteFile({ name, stream, expectations }: Suite): object {
  return {
    name,
    id: idOf('suite', name),
    meta: { great_expectations_version: '1.24.1' },
    notes: `Promises of the contract ${stream}.`,
    expectations: expectations.map(({ type, kwargs, meta }) => ({
      type,
      kwargs,
      meta,
      id: idOf('expectation', name, type, meta.promise),
      severity: severityOf(meta),
    })),
  }
}

const severityOf = ({ effect }: Expectation['meta']): string =>
  effect === 'warn' ? 'warning' : effect === 'dispute' || effect === 'hold' ? 'info' : 'critical'

const reference = (...names: readonly string[]): object => ({ name: names.at(-1), id: idOf(...names) })

function definition({ name, stream }: Suite, source: 'files' | 'tables'): object {
  return {
    ...{ name, id: idOf('validation', name) },
    data: {
      datasource: reference(source),
      asset: { name: stream, id: idOf(source, stream) },
      batch_definition: { name: stream, id: idOf(source, stream, 'batch') },
    },
    suite: { name, id: idOf('suite', name) },
  }
}

function checkpoint(name: string, suites: readonly Suite[]): object {
  return {
    ...{ name, id: idOf('checkpoint', name), result_format: 'SUMMARY' },
    actions: [{ name: 'data_docs', type: 'update_data_docs', site_names: [] }],
    validation_definitions: suites.map((suite) => ({ name: suite.name, id: idOf('validation', suite.name) })),
  }
}

/** Share of the values that must meet an expectation, by the name of its parameter: all of them, unless someone lowers it. */
function tolerances(suites: readonly Suite[]): object {
  const names = suites.flatMap(({ expectations }) => expectations.flatMap(({ tolerance }) => tolerance ?? []))
  return Object.fromEntries(names.map((name) => [name, 1]))
}

function notExpressed(suites: readonly Suite[]): string {
  const lines = suites.flatMap(({ unexpressed }) =>
    unexpressed.map(({ stream, promise, reason }) => `| ${stream} | ${promise} | ${reason} |`),
  )
  const head = '# Promises without an expectation\n\nDaybreak asks for them in each load.\n'
  if (lines.length === 0) return `${head}\nThere are none.\n`
  return `${head}\n| stream | promise | reason |\n|---|---|---|\n${lines.join('\n')}\n`
}
