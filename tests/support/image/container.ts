import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Built, Layer } from './build.ts'

/** The one folder of a container that can be written. */
export const WRITABLE = '/tmp'

/** Why containers cannot be played on this machine; null when they can. */
export function cannotContain(): string | null {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.getuid?.() !== 0) return 'not root, so nothing can be entered with chroot'
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
  if (status !== 0) return 'no mount namespaces'
  return existsSync('/usr/bin/setpriv') || existsSync('/bin/setpriv') ? null : 'no setpriv'
}

/**
 * Makes a folder the root of a distroless system: Node, the libraries it links to (those of C and C++), certificates, two
 * users, and no shell. Stands in for `gcr.io/distroless/nodejs24`, which cannot be had here; its Node is the lockfile's.
 */
export function makeBase(root: string): Layer {
  const node = realpathSync(process.execPath)
  put(node, join(root, 'nodejs/bin/node'))
  for (const library of librariesOf(node)) put(realpathSync(library), join(root, library))
  for (const folder of ['tmp', 'proc', 'dev', 'etc/ssl/certs']) mkdirSync(join(root, folder), { recursive: true })
  chmodSync(join(root, 'tmp'), 0o1777)
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532::/:/sbin/nologin\n')
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
  const certificates = '/etc/ssl/certs/ca-certificates.crt'
  if (existsSync(certificates)) put(certificates, join(root, certificates))
  const bytes = Number(execFileSync('du', ['-sb', root], { encoding: 'utf8' }).split('\t')[0])
  return { instruction: 'FROM (Node and the libraries it links to)', bytes, files: 0 }
}

function librariesOf(program: string): readonly string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
  return [...listed.matchAll(/(?:=> )?(\/\S+)\s+\(0x/g)].map(([, path = '']) => path)
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
}

export interface Container {
  readonly isReadOnly?: boolean
  readonly env?: Readonly<Record<string, string>>
}

// Mounts end with the process that made them. `unshare --root` drops all other groups before it drops root.
const ENTER = `
set -e
root=$1; workdir=$2; uid=$3; gid=$4; readonly=$5; shift 5
mount --bind "$root" "$root"
if [ "$readonly" = yes ]; then mount -o remount,bind,ro "$root"; mount -t tmpfs -o mode=1777,size=256m tmp "$root/tmp"; fi
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755,size=64k dev "$root/dev"
for device in null zero urandom random; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
exec unshare --root="$root" --wd="$workdir" --setuid="$uid" --setgid="$gid" -- "$@"
`

function entering(image: Built, words: readonly string[], { isReadOnly = false }: Container): readonly string[] {
  const [uid = '0', gid = uid] = (image.user ?? '0:0').split(':')
  const place = [image.root, image.workdir, uid, gid, isReadOnly ? 'yes' : 'no']
  return ['--mount', '--propagation', 'private', 'sh', '-c', ENTER, basename(image.root), ...place, ...words]
}

/** Runs a command of the image to its end. */
export function runInside(image: Built, words: readonly string[], isExec = true, container: Container = {}) {
  if (!isExec) throw new Error(`there is no shell to run ${words.join(' ')} with`)
  const env = { ...environment(image), ...container.env }
  return spawnSync('unshare', entering(image, words, container), { env, encoding: 'utf8', timeout: 120_000 })
}

/** Starts a command of the image; by default what it says itself. The process is the command's own. */
export function startInside(image: Built, container: Container = {}, words = image.command): ChildProcess {
  const env = { ...environment(image), ...container.env }
  return spawn('unshare', entering(image, words, container), { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

// The shell that enters needs its own programs; the product finds them nowhere.
function environment({ env }: Built): Readonly<Record<string, string>> {
  return { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin` }
}
