import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { withoutRestaurant } from '../contract/carried.ts'
import type { Contract } from '../contract/contract.ts'
import { isPattern, mayShareFile } from '../contract/file-name.ts'
import { type Issue, under } from '../contract/issue.ts'
import { inReferenceOrder, referenceChecks, referenceIssues } from '../contract/references.ts'
import { validateCrossChecks } from '../contract/validate/checks.ts'
import { validateContract } from '../contract/validate/validate.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { timeZoneProblem } from '../lib/time-zone.ts'
import {
  allStreams,
  type EnvironmentConfig,
  type LocationConfig,
  type LocationsConfig,
  listedShards,
  type PipelineConfig,
} from './config.ts'
import { kindsOf } from './connections.ts'
import { environmentIssues } from './environment-checks.ts'
import type { EventsConfig } from './events-config.ts'
import { formatPath } from './explain-issues.ts'
import { hookIssues } from './hook-checks.ts'
import { loadFilesIssues } from './load-files.ts'
import { type Connections, connectionProblem, mergeConnections } from './merge-connections.ts'
import { type NotifyContext, notifyIssues } from './notify-checks.ts'
import { hourIssues, pathIssues } from './path-checks.ts'
import type { Problem } from './problem.ts'
import type { Reading } from './read.ts'
import { nameOf, type Readings } from './read-project.ts'
import { connectionIssues, tableIssues } from './table-checks.ts'
import type { TablePipeline } from './table-pipeline.ts'

/** Everything wrong with the files of a project, each alone and all together. */
export function checkProject(readings: Readings): readonly Problem[] {
  const { pipelines, contracts, locations, environment, modelEnvironment, connections, events, notify, strays } =
    readings
  const known = mergeConnections(readings)
  return [
    ...strays,
    ...pipelines.flatMap((reading) => {
      const found = contracts.get(nameOf(reading.file)) ?? []
      return [
        ...found.flatMap(contractProblems),
        ...contractsOfPipeline(reading, found),
        ...pipelineProblems(reading, {
          contracts: found,
          environment,
          known: connections?.value === null ? null : known,
          locations: locations.value?.locations ?? [],
        }),
      ]
    }),
    ...locationsProblems(locations, pipelines),
    ...(connections?.problems ?? []),
    ...known.problems,
    ...modelEnvironmentProblems(readings),
    ...(modelEnvironment?.value === null
      ? []
      : placed(environment, (value) => nameIssues('environment', value.environment, environment.file))),
    ...environmentProblems(readings, known),
    ...sharedPlaces(readings, known),
    ...hoursElsewhere(readings, known),
    ...(events ? placed(events, (config) => eventIssues(config, placesOf(readings))) : []),
    ...(notify ? placed(notify, (config) => notifyIssues(config, placesOf(readings))) : []),
  ]
}

/** An environment of models alone: its name, and the environment that it shares. */
function modelEnvironmentProblems({ modelEnvironment: own, environment }: Readings): readonly Problem[] {
  if (own === null) return []
  return placed(own, (value) => {
    const isMissing = environment.problems.some(({ code }) => code === 'CONFIG_MISSING')
    const message = `there is no ${environment.file}; expected an environment with a ledger and a warehouse of its own`
    return [
      ...nameIssues('environment', value.environment, own.file),
      ...(isMissing ? [{ path: ['models_of'], message }] : []),
    ]
  })
}

/** Events that name a location which is none, or the same day twice. */
function eventIssues({ events }: EventsConfig, { locations }: NotifyContext): readonly Issue[] {
  return events.flatMap(({ date, name, locations: named }, index) => {
    const isTwice = events.findIndex((event) => event.date === date && event.name === name) < index
    const lost = named === 'all' || locations === null ? [] : named.filter((id) => !locations.includes(id))
    return [
      ...(isTwice ? [{ path: ['events', index, 'name'], message: `\`${name}\` is on ${date} already` }] : []),
      ...lost.map((id) => ({
        path: ['events', index, 'locations'],
        message: `\`${id}\` is no location.${didYouMean(id, locations ?? [])}`,
      })),
    ]
  })
}

/** Names that config/notify.yaml and config/events.yaml may use. */
function placesOf({ pipelines, locations }: Readings): NotifyContext {
  const shards = pipelines.flatMap(({ value }) => listedShards(value).map(({ id }) => id))
  return {
    pipelines: pipelines.map(({ file }) => nameOf(file)),
    locations: locations.value && [...locations.value.locations.map(({ id }) => id), ...shards],
    tags: locations.value?.locations.flatMap(({ tags = [] }) => tags) ?? [],
  }
}

// A reading that was kept has the problems that it had.
const judged = new WeakMap<Reading<Contract>, readonly Problem[]>()

/** Everything wrong with one contract file. */
export function contractProblems(reading: Reading<Contract>): readonly Problem[] {
  const problems = judged.get(reading) ?? judge(reading)
  judged.set(reading, problems)
  return problems
}

function judge(reading: Reading<Contract>): readonly Problem[] {
  return placed(reading, (contract) => [
    ...nameIssues('stream', contract.stream, reading.file),
    ...reservedIssues('stream', contract.stream, ADDED_TABLES),
    ...validateContract(contract),
  ])
}

/** Contracts that each are right, and together or in this pipeline are not. */
function contractsOfPipeline(
  { value: pipeline }: Reading<PipelineConfig>,
  contracts: readonly Reading<Contract>[],
): readonly Problem[] {
  if (pipeline === null) return []
  const streams = allStreams(pipeline)
  const own = contracts.filter(({ value }) => value && streams.includes(value.stream))
  const values = own.flatMap(({ value }) => (value ? [value] : []))
  const byStream = new Map(values.map((contract) => [contract.stream, contract]))
  return own.flatMap((reading) =>
    placed(reading, (contract) => [
      ...carriesIssues(contract, own[0]?.value ?? contract),
      ...fileIssues(contract, pipeline),
      ...(pipeline.kind === 'files' ? [...restaurantIssues(contract), ...hourIssues(contract, pipeline)] : []),
      ...referenceIssues(contract, byStream),
      ...circleIssues(contract, values),
    ]),
  )
}

/** The rejects of a pipeline are one table, so its streams name shard and window alike. */
function carriesIssues(contract: Contract, first: Contract): readonly Issue[] {
  if (isDeepStrictEqual(contract.carries, first.carries)) return []
  const shown = (carries: Contract['carries']) =>
    carries ? JSON.stringify(carries) : 'nothing, which means a restaurant'
  const message = `${contract.stream} says ${shown(contract.carries)}, and ${first.stream} says ${shown(first.carries)}; expected the same in every contract of a pipeline`
  return [{ path: [contract.carries ? 'carries' : 'stream'], message }]
}

/** Expressions that are right in a contract of restaurants alone: the shards of files have no closeout hour. */
function restaurantIssues(contract: Contract): readonly Issue[] {
  const known = validateContract(contract).map(({ path }) => formatPath(path))
  return validateContract(withoutRestaurant(contract)).filter(({ path }) => !known.includes(formatPath(path)))
}

/** Tables are made one after the other, so references lead nowhere back. */
function circleIssues(contract: Contract, contracts: readonly Contract[]): readonly Issue[] {
  if (contract.references === undefined || inReferenceOrder(contracts)) return []
  return [{ path: ['references'], message: 'the references of the pipeline form a circle; leave one of them out' }]
}

/** A folder holds files of several streams, so a contract names its own. */
function fileIssues({ stream, file }: Contract, pipeline: PipelineConfig): readonly Issue[] {
  if (file !== undefined || (pipeline.kind === 'files' && !pipeline.path.includes('{file}'))) return []
  return [
    { path: ['stream'], message: `${stream} names no \`file\`; expected the name that the file has in its folder` },
  ]
}

interface PipelineContext {
  readonly contracts: readonly Reading<Contract>[]
  readonly environment: Reading<EnvironmentConfig>
  /** Null where the connections of the project could not be read. */
  readonly known: Connections | null
  readonly locations: readonly LocationConfig[]
}

function pipelineProblems(
  reading: Reading<PipelineConfig>,
  { contracts, environment, known, locations }: PipelineContext,
): readonly Problem[] {
  return placed(reading, (pipeline) => {
    if (pipeline.kind === 'table') {
      const isKnown = environment.value !== null && known?.problems.length === 0
      return [
        ...nameIssues('pipeline', pipeline.pipeline, reading.file),
        ...(isKnown ? connectionIssues(pipeline, known.all) : []),
        ...(isKnown ? hookIssues(pipeline, { environment: environment.value, connections: known.all }) : []),
        ...tableIssues(pipeline),
      ]
    }
    return filePipelineIssues(pipeline, reading.file, { contracts, environment, known, locations })
  })
}

function filePipelineIssues(
  pipeline: Exclude<PipelineConfig, TablePipeline>,
  file: string,
  { contracts, environment, known, locations }: PipelineContext,
): readonly Issue[] {
  return [
    ...nameIssues('pipeline', pipeline.pipeline, file),
    ...reservedIssues('pipeline', pipeline.pipeline, OWN_DATASETS),
    ...(environment.value && known?.problems.length === 0 ? roleIssues(pipeline, environment.value, known) : []),
    ...streamIssues(pipeline, contracts),
    ...checkIssues(pipeline, contracts),
    ...headlineIssues(pipeline, contracts),
    ...shardIssues(pipeline),
    ...(environment.value && known
      ? loadFilesIssues(pipeline, { environment: environment.value, destinations: known.destinations, locations })
      : []),
  ]
}

/** The problems of a file that was not read, else what a rule finds in its value. */
function placed<T>(reading: Reading<T>, rule: (value: T) => readonly Issue[]): readonly Problem[] {
  const { value, problems, problemAt } = reading
  if (value === null) return problems
  return rule(value).map(({ path, message, code }) => ({
    ...problemAt(path, `${formatPath(path)}: ${message}`),
    ...(code && { code }),
  }))
}

function nameIssues(key: string, name: string, file: string): readonly Issue[] {
  if (name === nameOf(file)) return []
  return [{ path: [key], message: `"${name}" is not "${nameOf(file)}", the name of the file` }]
}

// Tables that a pipeline has in addition to those of its streams, and datasets that models have.
const ADDED_TABLES = ['rejects', 'profiles']
const OWN_DATASETS = ['models', 'models_data', 'models_staging', ...ADDED_TABLES]

function reservedIssues(key: 'stream' | 'pipeline', name: string, reserved: readonly string[]): readonly Issue[] {
  if (!reserved.includes(name)) return []
  const message = `"${name}" is the name of something that Daybreak makes itself; expected another than ${reserved.join(', ')}`
  return [{ path: [key], message }]
}

/** Connections that a pipeline names and that lack the role it needs, or do not exist. */
function roleIssues(
  { source, destination }: PipelineConfig,
  { environment }: EnvironmentConfig,
  { sources, destinations }: Connections,
): readonly Issue[] {
  const issue = (role: 'source' | 'destination', name: string, other: Connections['sources' | 'destinations']) => {
    const found = Object.hasOwn(other, name) ? other[name] : undefined
    const names = Object.keys(role === 'source' ? sources : destinations)
    const message = found
      ? `"${name}" is a connection of the kind ${found.kind}, which is no ${role}; expected one of the kind ${kindsOf(role).join(', ')}`
      : `"${name}" is no ${role} of the environment ${environment}.${didYouMean(name, names)}`
    return { path: [role], message }
  }
  return [
    ...(Object.hasOwn(sources, source) ? [] : [issue('source', source, destinations)]),
    ...(destination === undefined || Object.hasOwn(destinations, destination)
      ? []
      : [issue('destination', destination, sources)]),
  ]
}

/** Contradictions of an environment with its connections in it, each in the file that says it. */
function environmentProblems(readings: Readings, { sources, destinations }: Connections): readonly Problem[] {
  const { environment } = readings
  if (environment.value === null || readings.connections?.value === null) return []
  return environmentIssues({ ...environment.value, sources }, destinations).map(({ path, message }) =>
    path[0] === 'sources' || path[0] === 'destinations'
      ? connectionProblem(readings, path, message)
      : environment.problemAt(path, `${formatPath(path)}: ${message}`),
  )
}

/** Hours that a destination has no partitions for. */
function hoursElsewhere({ pipelines, environment }: Readings, { destinations }: Connections): readonly Problem[] {
  return pipelines.flatMap(({ value: pipeline, problemAt }) => {
    if (pipeline?.kind !== 'files' || pipeline.schedule.cut.unit !== 'hour') return []
    const { destination } = pipeline
    const config = destination === undefined ? environment.value?.warehouse : destinations[destination]
    if (config === undefined || config.kind === 'duckdb') return []
    const message = `windows of hours are loaded into DuckDB; the destination is of the kind ${config.kind}. Expected daily, weekly or monthly`
    return [problemAt(['schedule', 'hourly'], message)]
  })
}

/** Two destinations in one file: each would wait for the other to give it back. */
function sharedPlaces({ pipelines, environment }: Readings, { destinations }: Connections): readonly Problem[] {
  const { value } = environment
  if (value === null) return []
  const first = new Map<string, string>()
  return pipelines.flatMap(({ value: pipeline, problemAt }) => {
    const name = pipeline?.destination
    const config = name === undefined ? value.warehouse : destinations[name]
    if (!pipeline || config?.kind !== 'duckdb') return []
    const place = resolve('/', config.path)
    const own = name ?? 'warehouse'
    const before = first.get(place) ?? own
    first.set(place, before)
    if (before === own) return []
    const message = `destination: "${own}" has the same file as "${before}": ${config.path}; expected a file of its own, or the same destination`
    return [problemAt(name === undefined ? ['pipeline'] : ['destination'], message)]
  })
}

function streamIssues(pipeline: PipelineConfig, contracts: readonly Reading<Contract>[]): readonly Issue[] {
  const names = contracts.map(({ file }) => nameOf(file))
  const streams = allStreams(pipeline)
  const pathOf = (at: number): Issue['path'] => {
    const later = at - pipeline.streams.length
    return later < 0 ? ['streams', at] : ['optional_streams', later]
  }
  const absent = streams.flatMap((stream, at): readonly Issue[] => {
    if (names.includes(stream)) return []
    const message = `there is no config/contracts/${pipeline.pipeline}/${stream}.yaml.${didYouMean(stream, names)}`
    return [{ path: pathOf(at), message }]
  })
  return [...absent, ...sharedFiles(streams, { contracts, pathOf }), ...repeated(streams, pathOf)]
}

interface SharedFilesContext {
  readonly contracts: readonly Reading<Contract>[]
  readonly pathOf: (at: number) => Issue['path']
}

function sharedFiles(streams: readonly string[], { contracts, pathOf }: SharedFilesContext): readonly Issue[] {
  const byStream = new Map(contracts.map(({ file, value }) => [nameOf(file), value?.file?.toLowerCase()]))
  const files = streams.flatMap((stream, at) => {
    const file = byStream.get(stream)
    return file === undefined ? [] : [{ file, stream, at }]
  })
  const plain = new Map(files.toReversed().map((each) => [each.file, each]))
  const patterns = files.filter(({ file }) => isPattern(file))
  return files.flatMap(({ file, stream, at }) => {
    // Only a pattern can share a name that is not its own, so plain names are not compared with each other.
    const others = isPattern(file) ? files : [...patterns, plain.get(file)].filter((other) => other !== undefined)
    const shared = others.filter((other) => other.at < at && mayShareFile(other.file, file))
    const before = shared.toSorted((one, other) => one.at - other.at)[0]
    if (!before || before.stream === stream) return []
    return [{ path: pathOf(at), message: `"${stream}" reads the same file as ${before.stream}: ${file}` }]
  })
}

function checkIssues(pipeline: PipelineConfig, contracts: readonly Reading<Contract>[]): readonly Issue[] {
  const streams = allStreams(pipeline)
  // Where a contract has problems of its own, what joins it cannot be judged.
  if (contracts.some(({ file, value }) => value === null && streams.includes(nameOf(file)))) return []
  const known = contracts.flatMap(({ value }) =>
    value && streams.includes(value.stream)
      ? [[value.stream, pipeline.kind === 'files' ? withoutRestaurant(value) : value] as const]
      : [],
  )
  const byStream = new Map(known)
  return [...validateCrossChecks(pipeline.checks, byStream), ...takenNames(pipeline, byStream)]
}

/** A check may not have the name of one that a reference makes. */
function takenNames({ checks }: PipelineConfig, streams: ReadonlyMap<string, Contract>): readonly Issue[] {
  const taken = new Set(referenceChecks(streams).map(({ name }) => name))
  return checks.flatMap(({ name }, index) =>
    taken.has(name)
      ? [{ path: ['checks', index, 'name'], message: `\`${name}\` is the name of the check of a reference` }]
      : [],
  )
}

function headlineIssues(
  { headline, ...pipeline }: PipelineConfig,
  contracts: readonly Reading<Contract>[],
): readonly Issue[] {
  if (!headline) return []
  const streams = allStreams(pipeline)
  if (!streams.includes(headline.stream))
    return strangers([headline.stream], { known: streams, noun: 'stream', path: 'stream' }).map(({ message }) => ({
      path: ['headline', 'stream'],
      message,
    }))
  const contract = contracts.find(({ value }) => value?.stream === headline.stream)?.value
  const sums = contract?.columns.filter(({ type }) => type === 'numeric').map(({ name }) => name) ?? [headline.sum]
  if (sums.includes(headline.sum)) return []
  const message = `${headline.stream} has no numeric column "${headline.sum}".${didYouMean(headline.sum, sums)}`
  return [{ path: ['headline', 'sum'], message }]
}

function locationsProblems(reading: Reading<LocationsConfig>, pipelines: Readings['pipelines']): readonly Problem[] {
  return placed(reading, ({ locations }) => {
    const ids = locations.map(({ id }) => id)
    const each = locations.flatMap((location, at) => locationIssues(location, pipelines).map(under(['locations', at])))
    return [...repeated(ids, (at) => ['locations', at, 'id']), ...each]
  })
}

function shardIssues(pipeline: PipelineConfig): readonly Issue[] {
  if (pipeline.kind !== 'files') return []
  const zone = timeZoneProblem(pipeline.schedule.timeZone)
  const shards = listedShards(pipeline)
  const each = shards.flatMap((shard, at) => daysIssues(shard, allStreams(pipeline)).map(under(['shards', at])))
  const ids = shards.map(({ id }) => id)
  return [
    ...(zone === null ? [] : [{ path: ['schedule', 'time_zone'], message: zone }]),
    ...pathIssues(pipeline),
    ...repeated(ids, (at) => ['shards', at, 'id']),
    ...each,
  ]
}

function daysIssues(
  { activeFrom: from, activeTo: to, streamsOff: off }: Pick<LocationConfig, 'activeFrom' | 'activeTo' | 'streamsOff'>,
  streams: readonly string[] | null,
): readonly Issue[] {
  return [
    ...(streams === null ? [] : strangers(off, { known: streams, noun: 'stream', path: 'streams_off' })),
    ...(from && to && to < from ? [{ path: ['active_to'], message: `${to} is before active_from ${from}` }] : []),
  ]
}

function locationIssues(location: LocationConfig, pipelines: Readings['pipelines']): readonly Issue[] {
  const zone = timeZoneProblem(location.timeZone)
  const names = pipelines.map(({ file }) => nameOf(file))
  const streams = pipelines.flatMap(({ value }) => (value ? allStreams(value) : []))
  return [
    ...(zone === null ? [] : [{ path: ['time_zone'], message: zone }]),
    ...strangers(location.pipelines, { known: names, noun: 'pipeline', path: 'pipelines' }),
    ...daysIssues(location, pipelines.every(({ value }) => value) ? streams : null),
  ]
}

interface Known {
  readonly known: readonly string[]
  readonly noun: string
  readonly path: string
}

function strangers(names: readonly string[], { known, noun, path }: Known): readonly Issue[] {
  return names.flatMap((name, at) =>
    known.includes(name)
      ? []
      : [{ path: [path, at], message: `there is no ${noun} "${name}".${didYouMean(name, known)}` }],
  )
}

function repeated(names: readonly string[], path: (at: number) => Issue['path']): readonly Issue[] {
  return names.flatMap((name, at) =>
    names.indexOf(name) === at ? [] : [{ path: path(at), message: `"${name}" stands here twice` }],
  )
}
