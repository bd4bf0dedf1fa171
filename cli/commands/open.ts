import { loadProject } from '../../functions/config/project.ts'
import { command } from '../command.ts'
import { expectServer } from '../serving.ts'

/** A way into the dashboard of a server that runs. */
export const open = command({
  name: 'open',
  description: 'Print a link that signs in to the dashboard of the server that runs. It is good once, for ten minutes.',
  examples: ['daybreak open'],
  async run({ options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const { call } = await expectServer(project)
    const { url } = await call('POST /api/session:link', { body: {} })
    await output.text(url)
  },
})
