import type { Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises'
import { join, posix, sep } from 'node:path'
import ssh2, { type Attributes, type FileEntry, type SFTPWrapper } from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

/** An open file, or what is left to tell of an open folder. */
type Opened = { readonly file: FileHandle } | { entries: readonly FileEntry[] }

const ENTRIES_PER_ANSWER = 100
const MAX_READ = 262_144

/** Answers one SFTP session from a folder, read-only. Links are shown as links and lead nowhere outside the folder. */
export function serveFolder(sftp: SFTPWrapper, root: string): void {
  const opened = new Map<number, Opened>()
  let handles = 0

  const remember = (thing: Opened): Buffer => {
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(++handles)
    opened.set(handles, thing)
    return handle
  }
  const recall = (handle: Buffer): Opened => {
    const thing = handle.length === 4 ? opened.get(handle.readUInt32BE()) : undefined
    if (!thing) throw new Error('unknown handle')
    return thing
  }
  const fileOf = (handle: Buffer): FileHandle => {
    const thing = recall(handle)
    if (!('file' in thing)) throw new Error('not a file')
    return thing.file
  }
  const answer = (request: number, work: () => Promise<void>) => {
    work().catch((error: unknown) => sftp.status(request, toStatus(error)))
  }

  sftp.on('REALPATH', (request, path) => {
    sftp.name(request, [{ filename: clean(path), longname: clean(path), attrs: NO_ATTRIBUTES }])
  })
  sftp.on('STAT', (request, path) =>
    answer(request, async () => sftp.attrs(request, toAttributes(await stat(await inside(root, path))))),
  )
  sftp.on('LSTAT', (request, path) =>
    answer(request, async () => sftp.attrs(request, toAttributes(await lstat(join(root, clean(path)))))),
  )
  sftp.on('FSTAT', (request, handle) =>
    answer(request, async () => sftp.attrs(request, toAttributes(await fileOf(handle).stat()))),
  )
  sftp.on('OPENDIR', (request, path) =>
    answer(request, async () => {
      const entries = await readEntries(await inside(root, path))
      sftp.handle(request, remember({ entries }))
    }),
  )
  sftp.on('READDIR', (request, handle) =>
    answer(request, async () => {
      const folder = recall(handle)
      if (!('entries' in folder) || folder.entries.length === 0) return sftp.status(request, STATUS_CODE.EOF)
      sftp.name(request, [...folder.entries.slice(0, ENTRIES_PER_ANSWER)])
      folder.entries = folder.entries.slice(ENTRIES_PER_ANSWER)
    }),
  )
  sftp.on('OPEN', (request, path, flags) =>
    answer(request, async () => {
      if (flags !== OPEN_MODE.READ) return sftp.status(request, STATUS_CODE.PERMISSION_DENIED)
      sftp.handle(request, remember({ file: await open(await inside(root, path), 'r') }))
    }),
  )
  sftp.on('READ', (request, handle, offset, length) =>
    answer(request, async () => {
      const buffer = Buffer.allocUnsafe(Math.min(length, MAX_READ))
      const { bytesRead } = await fileOf(handle).read(buffer, 0, buffer.length, offset)
      if (bytesRead === 0) return sftp.status(request, STATUS_CODE.EOF)
      sftp.data(request, buffer.subarray(0, bytesRead))
    }),
  )
  sftp.on('CLOSE', (request, handle) =>
    answer(request, async () => {
      const thing = recall(handle)
      opened.delete(handle.readUInt32BE())
      if ('file' in thing) await thing.file.close()
      sftp.status(request, STATUS_CODE.OK)
    }),
  )
  // A client that has said all waits until the channel is closed.
  sftp.on('end', () => sftp.end())
  sftp.on('close', () => {
    for (const thing of opened.values()) if ('file' in thing) thing.file.close().catch(() => undefined)
    opened.clear()
  })
}

const NO_ATTRIBUTES: Attributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 }

function clean(path: string): string {
  return posix.normalize(`/${path}`)
}

/** The real path behind a path of the client; one that leads out of the root does not exist for it. */
async function inside(root: string, path: string): Promise<string> {
  const real = await realpath(join(root, clean(path)))
  if (real === root || real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) return real
  throw Object.assign(new Error('outside of the root'), { code: 'ENOENT' })
}

async function readEntries(folder: string): Promise<readonly FileEntry[]> {
  const names = await readdir(folder)
  return await Promise.all(
    names.map(async (filename) => {
      const stats = await lstat(join(folder, filename))
      return { filename, longname: toLongName(filename, stats), attrs: toAttributes(stats) }
    }),
  )
}

function toAttributes({ mode, size, atimeMs, mtimeMs }: Stats): Attributes {
  return { mode, uid: 0, gid: 0, size, atime: Math.floor(atimeMs / 1_000), mtime: Math.floor(mtimeMs / 1_000) }
}

/** The line of `ls -l`: OpenSSH's client shows this text unchanged. */
function toLongName(name: string, stats: Stats): string {
  const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-'
  const size = String(stats.size).padStart(12)
  return `${type}r--r--r--    1 toast    toast    ${size} ${stats.mtime.toISOString().slice(0, 16).replace('T', ' ')} ${name}`
}

function toStatus(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOENT' || code === 'ENOTDIR') return STATUS_CODE.NO_SUCH_FILE
  if (code === 'EACCES' || code === 'EPERM') return STATUS_CODE.PERMISSION_DENIED
  return STATUS_CODE.FAILURE
}
