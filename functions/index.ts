import { http } from '@google-cloud/functions-framework'
import { prepareServing, type Serving } from './compose/serving.ts'
import { byPath, createHandlers } from './handlers/all.ts'

// Registers every handler with the Functions Framework: the only file that the runtime loads.

/** Where lines of the log go: Cloud Run reads stdout. */
export const write = (line: string): void => void process.stdout.write(line)

let serving: Promise<Serving> | null = null

/** The project that this process serves, read once. */
export function served(): Promise<Serving> {
  serving ??= prepareServing({
    env: process.env,
    projectDir: process.env.DAYBREAK_PROJECT_DIR || process.cwd(),
    write,
  })
  return serving
}

const open = async () => await (await served()).open()

for (const [name, handler] of Object.entries(createHandlers(open))) http(name, handler)

/** All of them by path, as `daybreak`. */
export const all = byPath(open)
http('daybreak', all)
