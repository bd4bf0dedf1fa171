import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { examplesIn } from '../../config/examples.ts'
import type { Project } from '../../config/project.ts'
import { type Checks, fail, type Outcome, pass, warn } from './finding.ts'
import { examineSecrets } from './secrets.ts'

const GIB = 1_073_741_824

/** Check of an environment on Google Cloud for values that are still those of the example. */
export function exampleChecks({ environment }: Project): Checks {
  return {
    async environment() {
      const examples = examplesIn(environment)
      if (examples.length === 0) return pass(environment.environment)
      const remedy = `Replace them in config/environments/${environment.environment}.yaml.`
      return fail(`${examples.length} values are still examples: ${examples.join(', ')}`, remedy)
    },
  }
}

/** Checks of the folder of local data, its disk, and the secrets that the environment names. */
export function placeChecks(project: Project): Checks {
  return {
    home: () => examineHome(project),
    disk: () => examineDisk(project),
    secrets: () => examineSecrets(project),
  }
}

async function examineHome({ home }: Project): Promise<Outcome> {
  const probe = join(home, `.doctor-${process.pid}`)
  await mkdir(home, { recursive: true })
  await writeFile(probe, 'x')
  await rm(probe)
  return pass(`${home} can be written`)
}

async function examineDisk({ home }: Project): Promise<Outcome> {
  const { bavail, bsize } = await statfs(home)
  const free = `${((bavail * bsize) / GIB).toFixed(1)} GiB free`
  const remedy = `Make room below ${home}, or set DAYBREAK_HOME to another disk.`
  if (bavail * bsize < GIB / 4) return fail(free, remedy)
  return bavail * bsize < 2 * GIB ? warn(free, remedy) : pass(free)
}
