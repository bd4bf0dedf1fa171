import { ASSUMED, COUNTED, type Night, nightOf } from '../../infra/night.ts'
import { PRICES } from '../../infra/prices.ts'
import { table } from './markdown.ts'

/** Operations of a night at several sizes, the cause of each, and the assumptions. */
export function nightSections(sizes: readonly number[]): string {
  return [sizesSection(sizes), causesSection(), assumptionsSection()].join('\n')
}

function sizesSection(sizes: readonly number[]): string {
  const nights = sizes.map((size) => nightOf(size))
  const rows = MEASURES.map(([what, of]) => [what, ...nights.map((night) => of(night))])
  const heads = ['a night of', ...sizes.map((size) => size.toLocaleString('en'))]
  const intro =
    'One night of so many restaurants: all of them new, the files of the night before read once more, a look-back of a week, and a day of sweeps.'
  return `## What a night takes\n\n${intro}\n\n${table(heads, rows)}\n`
}

const whole = (amount: number) => Math.round(amount).toLocaleString('en')
const mebi = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const MEASURES: readonly (readonly [string, (night: Night) => string])[] = [
  ['loads of partitions: a load job and two query jobs each', ({ loads }) => whole(loads)],
  ['object writes and lists (class A)', ({ classA }) => whole(classA)],
  ['object reads (class B)', ({ classB }) => whole(classB)],
  ['billed by queries, 10 MiB at least each', ({ bytesBilled }) => mebi(bytesBilled)],
  ['billed by builds of models', ({ buildBytes }) => mebi(buildBytes)],
  ['messages, each published and pushed', ({ requests }) => whole(requests)],
  ['statements of the ledger', ({ statements }) => whole(statements)],
  ['processor seconds used', ({ cpuSeconds }) => whole(cpuSeconds)],
  ['seconds of requests, waiting included', ({ requestSeconds }) => whole(requestSeconds)],
  ['log', ({ logBytes }) => mebi(logBytes)],
  ['reads of secrets', ({ secretReads }) => whole(secretReads)],
]

const CAUSES = [
  ['a location-night that is new', COUNTED.staged],
  ['one that is read once more and is as it was', COUNTED.compared],
  ['one that the look-back only lists', COUNTED.unchanged],
  ['a load of one partition', COUNTED.load],
  ['a run', COUNTED.run],
  ['a message of the schedule', COUNTED.trigger],
] as const

function causesSection(): string {
  const heads = ['caused by', 'class A', 'class B', 'statements', 'processor s', 'log bytes', 'messages']
  const rows = CAUSES.map(([cause, each]) => [
    cause,
    ...[each.classA, each.classB, each.statements, each.cpuSeconds, each.logBytes, each.messages].map(String),
  ])
  const intro = `Counted on ${COUNTED.date} from the records of the local Google Cloud by \`npm run bench -- cloud\`, through the handlers, at 1, 10 and 50 locations; infra/night.ts has the numbers, docs/benchmarks.md the runs. Writes and jobs are exact at every size, up to a thousand, which was run once; reads, statements, seconds and log are within 4 % of a sum over these causes. What the look-back only lists was counted at 10 locations. A message of the schedule also takes ${COUNTED.triggerPerLocation} processor seconds for each location, whose week of slices it asks for.`
  return `### Caused by\n\n${intro}\n\n${table(heads, rows)}\n`
}

function assumptionsSection(): string {
  const { zones, lateSweeps, loadSeconds, wait, rawGib, partGib, tableGib, startsPerWave, secretsPerStart } = ASSUMED
  const lines = [
    `Prices are list prices of ${PRICES.region} as written down on ${PRICES.date}; nothing fetches them.`,
    `Locations lie in ${zones} time zones, each with a first look of its own and ${lateSweeps} sweeps that find what came late; each of these is one load of each of the ${ASSUMED.streams} partitions. A run of more than five minutes loads once more for each five.`,
    'A resumable upload is one class A operation, where it starts; all objects of a night are small and need none. Errors that the caller makes, as the 404 of an object that is not there yet, are billed as what they asked for.',
    `A request waits ${wait.classA} s for a write to Cloud Storage, ${wait.classB} s for a read, ${wait.statement} s for a statement of the ledger, ${wait.connection} s for a connection of the SFTP server, ${wait.file} s for a file of it, and ${loadSeconds} s for a load with its queries. An instance is paid for while it has a request, and has as many at a time as \`infra.worker.messages\` says.`,
    `${startsPerWave} instances begin for each look that finds something, and read ${secretsPerStart} versions of secrets.`,
    `A restaurant's night is ${(rawGib * 1024).toFixed(1)} MiB of raw files, ${(partGib * 1024).toFixed(1)} MiB of parts, ${(tableGib * 1024).toFixed(1)} MiB in tables.`,
    'Load jobs are free, and so are requests of the BigQuery API. Backfills, analysts and the dashboard come on top.',
  ]
  return `### Assumed\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`
}
