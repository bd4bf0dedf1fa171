import { once } from 'node:events'
import { runCloudDemo } from './demo.ts'

const stays = process.argv.includes('--stay')

/** `--stay` leaves everything up until Ctrl-C, to look around. */
await runCloudDemo({
  stdout: process.stdout,
  async atEnd({ cloud }) {
    if (!stays) return
    process.stdout.write(`
Everything stays up until Ctrl-C. In another shell:
  export DAYBREAK_PROJECT_DIR=${cloud.projectDir} DAYBREAK_ENV=cloud
  npx daybreak runs list
  npx daybreak run toast
`)
    await once(process, 'SIGINT')
  },
})
