import type { LocationsConfig } from './config.ts'

/** Pure: ids of locations, with `tag:NAME` replaced by those that have the tag. */
export function withoutTags(
  entries: readonly string[] | 'all',
  { locations }: Pick<LocationsConfig, 'locations'>,
): string[] | 'all' {
  if (entries === 'all') return entries
  const tagged = (tag: string) => locations.filter(({ tags = [] }) => tags.includes(tag)).map(({ id }) => id)
  return entries.flatMap((entry) => (entry.startsWith('tag:') ? tagged(entry.slice(4)) : [entry]))
}
