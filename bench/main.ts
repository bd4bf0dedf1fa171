import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Each benchmark in a process of its own, one after the other: engine, whole nights, profiles, SFTP, marts, sockets, the grid, reads of the API, loads that wait, a morning in the cloud, walks of lineage, cold starts. */
const BENCHES: readonly (readonly [string, ...string[]])[] = [
  ['engine.ts', '--sizes', '10,200,1000', '--seven'],
  ['nights.ts', '10', '30'],
  ['profiles.ts', '9'],
  ['marts.ts', '--locations', '10', '--days', '32'],
  ['outlier-reads.ts'],
  ['sftp.ts'],
  ['live.ts', '--sockets', '1000'],
  ['reads.ts', '--extents', '200x72', '--seconds', '3'],
  ['waiting.ts', '10,100,1000'],
  ['grid.ts', '1000'],
  ['cloud.ts', '--locations', '1,10'],
  ['lineage.ts', '1000'],
  ['cold-start.ts', '7'],
]

const only = process.argv[2]
for (const [file, ...args] of BENCHES) {
  if (only !== undefined && !file.startsWith(only)) continue
  console.log(`\n${file} ${args.join(' ')}`)
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
