import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '../../functions/api/contract/client.ts'
import { readServeFile } from '../../functions/compose/serve.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { command } from '../command.ts'

/** A way into the dashboard of a server that runs. */
export const open = command({
  name: 'open',
  description: 'Print a link that signs in to the dashboard of the server that runs. It is good once, for ten minutes.',
  examples: ['daybreak open'],
  async run({ options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const running = await readServeFile(project)
    if (running === null) throw notServed()
    const token = (await readFile(join(project.home, 'token'), 'utf8')).trim()
    const call = createClient({
      base: `http://127.0.0.1:${running.port}`,
      headers: () => ({ authorization: `Bearer ${token}` }),
    })
    const { url } = await call('POST /api/session:link', { body: {} }).catch((error: unknown) => {
      // fetch says so when nothing listens: the process died without removing its file.
      throw error instanceof TypeError ? notServed() : error
    })
    await output.text(url)
  },
})

function notServed(): DaybreakError {
  return new DaybreakError('NOT_FOUND', 'no server runs for this project', { details: { next: 'daybreak serve' } })
}
