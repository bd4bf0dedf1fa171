import { DaybreakError } from '../errors.ts'
import { LocationsConfig } from './config.ts'
import { editYaml } from './edit-yaml.ts'
import { problemsError } from './problem.ts'
import { readConfig } from './read.ts'

/** Members of a new entry; the others have defaults. */
interface NewLocation {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  /** Left out when it is the default. */
  readonly closeoutHour: number | null
}

const FILE = 'config/locations.yaml'
const EMPTY = '# yaml-language-server: $schema=./schema/locations.json\nversion: 1\nlocations: []\n'

/**
 * The text of `config/locations.yaml` with one more entry at its end; comments and order stay. Null is a file that does not
 * exist. @throws {DaybreakError} CONFIG_INVALID when the file, or what it would become, breaks its schema; USAGE_INVALID for
 * an id that it has.
 */
export function withLocation(text: string | null, location: NewLocation): string {
  const before = text ?? EMPTY
  if (parsed(before).locations.some(({ id }) => id === location.id))
    throw new DaybreakError('USAGE_INVALID', `${FILE} has location ${location.id} already`)
  const editor = editYaml(before)
  editor.append(['locations'], {
    id: location.id,
    name: location.name,
    time_zone: location.timeZone,
    ...(location.closeoutHour !== null && { closeout_hour: location.closeoutHour }),
  })
  const after = editor.text()
  parsed(after)
  return after
}

function parsed(text: string): LocationsConfig {
  const { value, problems } = readConfig(LocationsConfig, { file: FILE, text, env: {} })
  if (value === null) throw problemsError(problems)
  return value
}
