import type { Location } from '../../functions/pipeline/entities.ts'

/** The restaurants of the demo. A project's own configuration starts without any. */
const DEMO_LOCATIONS: readonly Location[] = [
  { id: '185001', name: 'Harbor Street Dumplings', timeZone: 'America/New_York', closeoutHour: 4 },
  // A bar: sales before five in the morning belong to the evening before.
  { id: '185002', name: 'The Second Verse', timeZone: 'America/Chicago', closeoutHour: 5 },
  { id: '185003', name: 'Alder & Salt', timeZone: 'America/Los_Angeles', closeoutHour: 4 },
]

/** `config/locations.yaml` of the demo: each location opened and closed with the demo's week. */
export function demoLocationsYaml({ from, to }: { readonly from: string; readonly to: string }): string {
  const locations = DEMO_LOCATIONS.map(({ id, name, timeZone, closeoutHour }) => ({
    ...{ id, name, time_zone: timeZone, closeout_hour: closeoutHour },
    ...{ active_from: from, active_to: to },
  }))
  return `${JSON.stringify({ version: 1, locations }, null, 2)}\n`
}
