import { spawn } from 'node:child_process'
import { DaybreakError } from '../functions/errors.ts'
import { PLAN } from './write.ts'

/** Program, and the environment it runs in. */
export interface Terraform {
  /** Program; looked up in PATH. */
  readonly program: string
  readonly env: NodeJS.ProcessEnv
}

/** Plans each folder, in order, each into a file of its own. Nothing is changed. @throws {DaybreakError} INTERNAL. */
export async function planAll(folders: readonly string[], terraform: Terraform): Promise<void> {
  for (const folder of folders) {
    await run(['init', '-input=false', '-reconfigure'], folder, terraform)
    // A plan changes nothing, and an account that only plans may not write the lock.
    await run(['plan', '-input=false', '-lock=false', `-out=${PLAN}`], folder, terraform)
  }
}

/** Applies the plans that were reviewed, in order, and stops at the first that fails: what comes later stands on it. */
export async function applyAll(folders: readonly string[], terraform: Terraform): Promise<void> {
  for (const folder of folders) await run(['apply', '-input=false', PLAN], folder, terraform)
}

async function run(args: readonly string[], folder: string, { program, env }: Terraform): Promise<void> {
  const child = spawn(program, [`-chdir=${folder}`, ...args], { stdio: 'inherit', env })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(notFound(program, cause)))
    child.once('exit', resolve)
  })
  if (code === 0) return
  throw new DaybreakError(
    'INTERNAL',
    `${program} ${args[0]} ended with ${code} in ${folder}; nothing after it was touched`,
  )
}

function notFound(program: string, cause: Error): DaybreakError {
  return new DaybreakError('CONFIG_MISSING', `the program ${program} cannot be started: ${cause.message}`, { cause })
}
