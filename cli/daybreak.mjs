#!/usr/bin/env node
// Plain JavaScript that an old Node can read: it finds one that runs TypeScript, or says what is missing.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'

const [major, minor] = process.versions.node.split('.').map(Number)
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname
const bundled = join(here, '..', 'node_modules', '.bin', 'node')
// A checkout has sources, a package one bundle.
const isCheckout = existsSync(join(here, 'start.ts'))

if (major > 22 || (major === 22 && minor >= 18)) {
  module.enableCompileCache?.()
  const { start } = isCheckout ? await import('./start.ts') : await import('./start.js')
  await start()
} else if (existsSync(bundled) && process.env.DAYBREAK_REEXEC !== '1') {
  runWith(bundled)
} else {
  process.stderr.write(
    `[USAGE_INVALID] Daybreak needs Node 22.18 or later, and this is ${process.version}.\n` +
      (isCheckout
        ? '  `npm ci` in the checkout installs one, and this command uses it.\n'
        : '  Install Node 24 from https://nodejs.org, or by `npm install node@24` in this folder.\n'),
  )
  process.exitCode = 2
}

function runWith(node) {
  const env = { ...process.env, DAYBREAK_REEXEC: '1' }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env })
  // At a terminal Ctrl-C reaches both processes; a signal sent to this one alone is passed on.
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  process.on('SIGINT', () => atTerminal || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => {
    process.stderr.write(`[INTERNAL] ${node} could not be started: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}
