/**
 * What a night takes, by what causes it. Counted from the servers' own records by `npm run bench -- cloud` at 1, 10 and 50
 * locations, and fitted: writes and jobs are exact at every size, reads, statements, seconds and log within 4 %.
 */
export const COUNTED = {
  date: '2026-11-21',
  /** A location-night that is new: seven files landed, transformed, staged. */
  staged: { classA: 21, classB: 7, statements: 73, cpuSeconds: 0.4, logBytes: 540, messages: 1, bytesBilled: 0 },
  /** A location-night whose seven files are read once more, the night after, and are as they were. */
  compared: { classA: 0, classB: 7, statements: 22, cpuSeconds: 0.055, logBytes: 580, messages: 0, bytesBilled: 0 },
  /** A location-night that the look-back only lists. */
  unchanged: { classA: 0, classB: 0, statements: 19, cpuSeconds: 0.05, logBytes: 520, messages: 0, bytesBilled: 0 },
  /** One load of one partition: its manifest, a load job, a query for the sums, a statement for the receipt. */
  load: {
    classA: 1,
    classB: 2.4,
    statements: 20,
    cpuSeconds: 0.12,
    logBytes: 520,
    messages: 1,
    bytesBilled: 10_485_760,
  },
  /** A run: its plan, and its end. */
  run: { classA: 0, classB: 0, statements: 150, cpuSeconds: 0, logBytes: 900, messages: 1, bytesBilled: 0 },
  /** Firings of Cloud Scheduler, with or without due work. */
  trigger: { classA: 0, classB: 0, statements: 6, cpuSeconds: 0.02, logBytes: 330, messages: 1, bytesBilled: 0 },
  /** Processor seconds of a trigger for each location: it asks for a week of slices. */
  triggerPerLocation: 0.0005,
} as const

/** Numbers that cannot be counted on one machine; stated here so that they can be corrected. */
export const ASSUMED = {
  streams: 7,
  /** Days of the look-back apart from the new one and the one that is compared. */
  otherDays: 5,
  /** The look that finds a night's files new, and leaves them to the sweep that finds them the same. */
  firstLooks: 1,
  /** Zones with a first look of their own; the United States have four that matter. */
  zones: 4,
  /** Sweeps of a zone's morning that find late files, in addition to its first look. */
  lateSweeps: 2,
  sweepsPerDay: 96,
  /** Seconds of one pass of the watch, of which there is one each minute: without a location, and for each one. */
  watch: { passesPerDay: 1440, seconds: 0.5, perLocation: 0.001 },
  /** Seconds that a request waits for: one write, one read, one statement, one file and one connection of the SFTP server. */
  wait: { classA: 0.07, classB: 0.03, statement: 0.002, file: 0.25, listing: 0.06, connection: 1 },
  /** Seconds of a load job together with its two small jobs. */
  loadSeconds: 8,
  /** Instances that begin for a first look or a sweep that finds something; each reads its secrets. */
  startsPerWave: 5,
  secretsPerStart: 3,
  /**
   * Builds of the shipped models: one for each date that a night touches. A query is billed at least 10 MiB for each table that it reads, and in
   * a large night a share of the rows of the location-nights.
   */
  models: { builds: 3, reads: 12, leastBytes: 10_485_760, share: 0.4 },
  /** Kept bytes of one restaurant's night, in GiB: raw files, parts, and rows of the tables. */
  rawGib: 0.006,
  partGib: 0.0008,
  tableGib: 0.0024,
} as const

/** Operations of one night, in total. */
export interface Night {
  readonly locations: number
  readonly loads: number
  readonly classA: number
  readonly classB: number
  readonly statements: number
  readonly cpuSeconds: number
  /** Requests of a worker, and the seconds that they take, added up. */
  readonly requests: number
  readonly requestSeconds: number
  /** Published or pushed, each billed as a thousand bytes. */
  readonly messageBytes: number
  readonly bytesBilled: number
  /** Of queries that build models. */
  readonly buildBytes: number
  readonly logBytes: number
  readonly secretReads: number
}

/** A night of so many locations: all of them new, those of the night before compared, and a day of sweeps. Pure. */
export function nightOf(locations: number): Night {
  const zones = Math.min(ASSUMED.zones, locations)
  // A single location is late or is not: on most nights it is not.
  const waves = zones * (locations === 1 ? 1 : 1 + ASSUMED.lateSweeps)
  const loads = waves * ASSUMED.streams
  const triggers = ASSUMED.sweepsPerDay + zones
  const times = {
    ...{ staged: locations, compared: locations, unchanged: locations * (ASSUMED.otherDays + ASSUMED.firstLooks) },
    ...{ load: loads, run: waves, trigger: triggers },
  }
  const sum = (name: keyof (typeof COUNTED)['staged']) =>
    CAUSES.reduce((total, cause) => total + times[cause] * COUNTED[cause][name], 0)
  const requests = sum('messages')
  const cpuSeconds = sum('cpuSeconds') + triggers * locations * COUNTED.triggerPerLocation
  return {
    locations,
    loads,
    classA: sum('classA'),
    classB: sum('classB'),
    statements: sum('statements'),
    cpuSeconds,
    requests,
    requestSeconds: cpuSeconds + waitSeconds(locations, loads, sum),
    messageBytes: 2 * 1000 * requests,
    bytesBilled: sum('bytesBilled'),
    buildBytes: buildBytes(locations),
    logBytes: sum('logBytes'),
    secretReads: waves * ASSUMED.startsPerWave * ASSUMED.secretsPerStart,
  }
}

function buildBytes(locations: number): number {
  const { models, tableGib } = ASSUMED
  const rows = models.share * locations * tableGib * 2 ** 30
  return models.builds * Math.max(models.reads * models.leastBytes, rows)
}

const CAUSES = ['staged', 'compared', 'unchanged', 'load', 'run', 'trigger'] as const

function waitSeconds(
  locations: number,
  loads: number,
  sum: (name: 'classA' | 'classB' | 'statements') => number,
): number {
  const { wait, streams, otherDays, loadSeconds } = ASSUMED
  const calls = sum('classA') * wait.classA + sum('classB') * wait.classB + sum('statements') * wait.statement
  // The files of this night and of the one before, over one connection.
  const location = wait.connection + 2 * streams * wait.file + (otherDays + 2) * wait.listing
  return calls + locations * location + loads * loadSeconds
}
