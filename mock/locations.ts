import type { Location } from '../functions/pipeline/entities.ts'

const ZONES = [
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Phoenix',
] as const
const STREETS = [
  'Main Street',
  'Elm & 5th',
  'Harbor Road',
  'Union Square',
  'Old Town, North',
  'Airport',
  'Lakeside',
  'Café Row',
  'Mill Pond',
  'Station',
]
const FIRST_ID = 185_001

/** Locations 185001, 185002, ... in the zones of the United States. One that is configured keeps its configured name and zone. */
export function mockLocations(count: number, configured: readonly Location[] = []): Location[] {
  return Array.from({ length: count }, (_, index) => {
    const id = String(FIRST_ID + index)
    return configured.find((location) => location.id === id) ?? inventLocation(id, index)
  })
}

function inventLocation(id: string, index: number): Location {
  const street = STREETS[index % STREETS.length] ?? 'Main Street'
  const round = Math.floor(index / STREETS.length)
  return {
    id,
    name: round === 0 ? street : `${street} ${round + 1}`,
    timeZone: ZONES[index % ZONES.length] ?? 'America/New_York',
    closeoutHour: 4,
  }
}
