import { openBrowser } from '../tests/support/browser/chromium.ts'
import { enlargeStatus } from '../tests/support/browser/large-status.ts'
import { serveWorld } from '../tests/support/browser/served-world.ts'
import { visit } from '../tests/support/browser/visitor.ts'

const SHARDS = Number(process.argv[2] ?? 1_000)
const WINDOWS = 14
const STREAMS = 10
const STEPS = 40
/** Pixels of 25 rows. */
const STEP = 25 * 30

/** Counters of Chromium, in seconds since the page was opened. */
const NAMES = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration', 'TaskDuration'] as const

/** Scrolls through the matrix of many locations, and prints what each step of 25 rows costs the browser. */
async function measure(): Promise<void> {
  const world = await serveWorld({ isWorking: false })
  const browser = await openBrowser()
  try {
    const { page, go } = await visit(browser, world, { viewport: { width: 1440, height: 900 } })
    await enlargeStatus(page, { shards: SHARDS, windows: WINDOWS })
    await go('/')
    await page.getByRole('grid').waitFor()
    const client = await page.context().newCDPSession(page)
    await client.send('Performance.enable')
    const read = async () => {
      const { metrics } = await client.send('Performance.getMetrics')
      return new Map(metrics.map(({ name, value }) => [name, value]))
    }
    await page.evaluate(WATCH)
    const before = await read()
    await page.mouse.move(700, 600)
    for (let step = 0; step < STEPS; step++) {
      await page.mouse.wheel(0, STEP)
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    }
    const after = await read()
    const long = JSON.parse(String(await page.evaluate('JSON.stringify(window.longTasks)'))) as number[]
    console.log(`${SHARDS} locations x ${WINDOWS} days x ${STREAMS} streams: ${SHARDS * WINDOWS * STREAMS} slices`)
    console.log(`${await page.evaluate(`document.querySelectorAll('[role=grid] *').length`)} nodes in the grid`)
    for (const name of NAMES) {
      const milliseconds = (1000 * ((after.get(name) ?? 0) - (before.get(name) ?? 0))) / STEPS
      console.log(`${name}: ${milliseconds.toFixed(1)} ms for 25 rows`)
    }
    console.log(`tasks of more than 50 ms: ${long.length}, the longest ${Math.round(Math.max(0, ...long))} ms`)
  } finally {
    await browser.close()
    await world.close()
  }
}

/** Runs in the page: keeps tasks of more than 50 ms, which a person feels. */
const WATCH = `window.longTasks = []
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longTasks.push(duration)
}).observe({ type: 'longtask' })`

await measure()
