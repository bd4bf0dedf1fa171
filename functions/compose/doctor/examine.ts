import { compose } from '../../compose.ts'
import { placesOf } from '../../config/expected-places.ts'
import type { Environment } from '../../config/interpolate.ts'
import { loadProject, type Project } from '../../config/project.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'
import { cloudChecks } from './cloud.ts'
import { type Finding, failed, pass, runChecks } from './finding.ts'
import { machineChecks } from './machine.ts'
import { exampleChecks, placeChecks } from './places.ts'
import { portChecks } from './ports.ts'
import { examineSecretAges } from './secret-ages.ts'

/** Project and surroundings that an examination looks at. */
interface Examined {
  /** Absolute. */
  readonly projectDir: string
  /** A file of config/environments, without .yaml. */
  readonly environment: string
  readonly env: Environment
  /** A file of this installation. */
  readonly installed: string
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Examines the machine, the project, its secrets, the systems of its environment and its ports, in that order. Leaves out the
 * checks that depend on a failed one.
 */
export async function* examine(examined: Examined): AsyncGenerator<Finding> {
  const { projectDir, environment, env, installed, clock } = examined
  yield* runChecks(machineChecks({ now: clock.now, installed }))
  const project = await loadProject({ projectDir, environment, env }).catch(failed)
  if ('state' in project) return yield { check: 'project', ...project }
  yield { check: 'project', ...pass(`${contentsOf(project)}, in ${projectDir}`) }
  const failures = yield* failuresIn(project, clock.now)
  if (!failures.blocking) yield* examinePorts(project, failures.lacksSecret, examined)
}

function contentsOf(project: Project): string {
  const streams = [...project.contracts.values()].reduce((sum, { size }) => sum + size, 0)
  const contents = [...(streams > 0 ? [`${streams} streams`] : []), placesOf(project)].filter((text) => text !== '')
  return `${[...project.pipelines.keys()].join(', ')}: ${contents.join(', ')}`
}

interface Failures {
  /** The ports cannot be opened, or no system can be asked. */
  readonly blocking: boolean
  readonly lacksSecret: boolean
}

/** Examines places and systems, and returns the failures that later checks depend on. */
async function* failuresIn(project: Project, now: () => number): AsyncGenerator<Finding, Failures> {
  const { credentials, ...systems } = cloudChecks(project, now)
  const examples = exampleChecks(project)
  const places = placeChecks(project)
  const checks = { ...examples, ...(credentials && { credentials }), ...places, ...systems }
  let blocking = false
  let lacksSecret = false
  for await (const finding of runChecks(checks)) {
    yield finding
    if (finding.state !== 'fail') continue
    // Without an account no system of Google can be asked.
    if (finding.check === 'credentials') return { blocking: true, lacksSecret }
    // A bucket without permission says nothing about the ledger, so systems block nothing.
    if (finding.check === 'secrets') lacksSecret = true
    else blocking ||= finding.check in examples || finding.check in places
  }
  yield* examineSecretAges(project, now)
  return { blocking, lacksSecret }
}

async function* examinePorts(
  project: Project,
  lacksSecret: boolean,
  { clock, log, signal }: Examined,
): AsyncGenerator<Finding> {
  const opened = await compose(project, { clock, log, signal }).catch(failed)
  if ('state' in opened) return yield { check: 'ports', ...opened }
  try {
    yield* runChecks(portChecks({ ...opened, project, signal, lacksSecret }))
  } finally {
    await opened.close()
  }
}
