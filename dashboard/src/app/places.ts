/** A place of the rail. */
export interface Place {
  readonly path: string
  readonly word: string
  /** Second key after `g`. */
  readonly key: string
  /** Roles that its page refuses. */
  readonly refuses?: readonly string[]
  /** Head above it. */
  readonly group?: string
}

/** Places of the rail, in its order. */
export const PLACES: readonly Place[] = [
  { path: '/', word: 'Today', key: 't' },
  { path: '/runs', word: 'Runs', key: 'r' },
  { path: '/backfills', word: 'Backfills', key: 'b' },
  { path: '/rejects', word: 'Rejects', key: 'j', refuses: ['viewer'] },
  { path: '/incidents', word: 'Incidents', key: 'i' },
  { path: '/quality', word: 'Quality', key: 'q', group: 'Data' },
  { path: '/data', word: 'Catalog', key: 'd' },
  { path: '/models', word: 'Models', key: 'm' },
  { path: '/lineage', word: 'Lineage', key: 'l' },
  { path: '/connections', word: 'Connections', key: 'n', refuses: ['viewer'], group: 'Manage' },
  { path: '/costs', word: 'Costs', key: 'c' },
  { path: '/audit', word: 'Audit', key: 'a', refuses: ['viewer', 'analyst', 'operator'] },
  { path: '/settings', word: 'Settings', key: 's' },
]
