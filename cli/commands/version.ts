import manifest from '../../package.json' with { type: 'json' }
import { command } from '../command.ts'

/** Which Daybreak this is, and what it runs on. */
export const version = command({
  name: 'version',
  remote: 'ignored',
  description: 'Print the version of Daybreak and of the Node it runs on.',
  async run({ output }) {
    const { platform, arch, versions } = process
    if (output.format === 'table')
      return output.raw(`daybreak ${manifest.version} (node ${versions.node}, ${platform}-${arch})\n`)
    return output.record({ daybreak: manifest.version, node: versions.node, platform: `${platform}-${arch}` })
  },
})
