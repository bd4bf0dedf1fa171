import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasOpenSsh, type OpenSsh, startOpenSsh } from '../support/openssh.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

let server: OpenSsh
let folder: string
let project: TableProject

beforeAll(async () => {
  if (!hasOpenSsh) return
  server = await startOpenSsh()
  folder = await mkdtemp(join(tmpdir(), 'daybreak-drop-'))
  const { host, port, user, hostKeys } = server
  project = await createTableProject({
    drop: `{ kind: sftp, host: ${host}, port: ${port}, user: ${user}, private_key: secret://drop, host_keys: ['${hostKeys[0]}'], root: ${folder}, minimum_age: 0s }`,
    out: '{ kind: folder, root: out }',
  })
  await writeFile(join(project.folder, 'secrets/drop'), server.ed25519)
})

afterAll(async () => {
  await project?.remove()
  await server?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

describe.skipIf(!hasOpenSsh)('files of an SFTP server as a table (skipped where there is no sshd)', () => {
  it('are discovered, copied and compared', async () => {
    await writeFile(join(folder, 'a.csv'), 'id,note\n1,one\n')
    await writeFile(join(folder, 'b.csv.gz'), gzipSync('id,note\n2,""\n'))
    await project.pipeline('notes', [
      ...['source: drop', 'destination: out', 'streams:', '  notes: { from: "*.csv*", key: [id] }'],
    ])
    const call = (...args: string[]) => daybreak(args, { cwd: project.folder, env: project.env })
    const found = await call('connection', 'discover', 'drop', '--output', 'json')
    expect(JSON.parse(found.stdout).map(({ table }: { table: string }) => table)).toEqual(['a.csv', 'b.csv.gz'])
    const { code, stderr } = await call('run', 'notes', '--output', 'json', '--quiet')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const compared = await call('compare', 'notes', '--output', 'json')
    expect(compared.stderr).toBe('')
    expect(compared.code).toBe(0)
  })
})
