import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Synthesized } from './synth.ts'

/** Writes each stack to `FOLDER/STACK/main.tf.json`, and gives the folders in the order in which they are applied. */
export async function writeStacks(stacks: readonly Synthesized[], folder: string): Promise<readonly string[]> {
  return await Promise.all(
    stacks.map(async ({ name, json }) => {
      const place = join(folder, name)
      await mkdir(place, { recursive: true })
      // A plan of what was written before must not be applied to what is written now.
      await rm(join(place, PLAN), { force: true })
      await writeFile(join(place, 'main.tf.json'), `${JSON.stringify(json, null, 2)}\n`)
      return place
    }),
  )
}

/** Name of the file in which a plan is kept until it is applied. */
export const PLAN = 'plan.tfplan'
