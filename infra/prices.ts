/**
 * What Google charges, in US dollars: list prices of us-central1 without discounts, as they were written down here on the date
 * below. Nothing fetches them. Compare them with the price pages before planning a budget, and correct them here.
 */
export const PRICES = {
  date: '2026-11-21',
  region: 'us-central1',
  source: 'https://cloud.google.com/pricing/list, and the price page of each service',
  /** Cloud Run with requests billed by time: the second of a processor and of a GiB of memory, and what is free a month. */
  run: {
    cpuSecond: 0.000024,
    gibSecond: 0.0000025,
    freeCpuSeconds: 180_000,
    freeGibSeconds: 360_000,
    perMillionRequests: 0.4,
    freeRequests: 2_000_000,
  },
  /** Cloud SQL Enterprise, per month: shared-core machines, an SSD's GiB, a backup's GiB. */
  sql: { 'db-f1-micro': 7.67, 'db-g1-small': 25.55, 'db-custom-1-3840': 49.31, ssdGib: 0.17, backupGib: 0.08 },
  /** An external address in use, and what Cloud NAT takes per GiB and per hour and instance. */
  network: { addressMonth: 3.65, natGib: 0.045, natInstanceHour: 0.0014, internetGib: 0 },
  storage: { standardGib: 0.02, nearlineGib: 0.01, coldlineGib: 0.004, thousandWrites: 0.005, thousandReads: 0.0004 },
  bigquery: { activeGib: 0.02, longTermGib: 0.01, freeGib: 10, queryTib: 6.25, freeQueryTib: 1 },
  pubsub: { tib: 40, freeGib: 10 },
  scheduler: { jobMonth: 0.1, freeJobs: 3 },
  secrets: { versionMonth: 0.06, freeVersions: 6, tenThousandReads: 0.03 },
  kms: { keyVersionMonth: 0.06, tenThousandUses: 0.03 },
  registry: { gib: 0.1, freeGib: 0.5, scan: 0.26 },
  logging: { gib: 0.5, freeGib: 50 },
  /** Alert policies: per condition and month, and per million series they return. */
  monitoring: { conditionMonth: 0.1, millionSeries: 0.35 },
  dns: { zoneMonth: 0.2 },
} as const
