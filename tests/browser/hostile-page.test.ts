import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { type Visitor, visit } from '../support/browser/visitor.ts'

/** Attempts of the attacker by name, each with the part of an answer that it could read, or `refused`. */
type Sight = Readonly<Record<string, string>>

describe.skipIf(CHROMIUM === undefined)(
  `a page of another origin, in the browser of the signed-in person${WITHOUT}`,
  () => {
    let world: ServedWorld
    let browser: Browser
    let person: Visitor
    let context: BrowserContext
    let attacker: Server
    let port: number
    let before: string
    const answers: string[] = []
    // The browser does not tell of an answer that it keeps from a page, so the server is asked.
    const note = (message: unknown) => {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
      if (request.socket.localPort === world.served.port)
        answers.push(`${request.method} ${request.url} ${response.statusCode}`)
    }

    beforeAll(async () => {
      world = await serveWorld({ isWorking: false })
      // The name of the attacker leads to this machine: what DNS rebinding does.
      browser = await openBrowser(['--host-resolver-rules=MAP evil.test 127.0.0.1'])
      person = await visit(browser, world)
      context = person.page.context()
      const script = await readFile(new URL('../support/browser/hostile-page.js', import.meta.url))
      attacker = createServer(({ url }, response) => {
        const isScript = url === '/page.js'
        response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
        response.end(isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script>')
      })
      await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve))
      port = (attacker.address() as AddressInfo).port
      before = await recorded()
      subscribe('http.server.response.finish', note)
    })
    afterAll(async () => {
      unsubscribe('http.server.response.finish', note)
      await browser?.close()
      attacker?.close()
      await world?.close()
    })

    /** Everything that a write would change, as the person sees it. */
    const recorded = async () => {
      const ask = `Promise.all(['/api/audit', '/api/runs', '/api/backfill', '/api/incidents', '/api/settings/rules', '/api/tokens']
      .map((path) => fetch(path).then((answer) => answer.text())))`
      return JSON.stringify(await person.page.evaluate(ask))
    }

    /** Opens the page of the attacker in the same browser, does the work there, and gives what the server answered meanwhile. */
    const attack = async (address: string, work: (page: Page) => Promise<void>) => {
      const page = await context.newPage()
      await page.goto(address)
      answers.length = 0
      await work(page)
      await page.close()
      return [...answers]
    }

    const origins = [
      ['another port of the same address, which gets the cookie', () => `http://127.0.0.1:${port}/`],
      ['another name of this machine', () => `http://localhost:${port}/`],
      ['a name of the attacker', () => `http://evil.test:${port}/`],
    ] as const

    describe.each(origins)('from %s', (_, address) => {
      it('reads nothing and changes nothing by script', async () => {
        let seen: Sight = {}
        const answered = await attack(address(), async (page) => {
          seen = (await page.evaluate(`attacks.scripted(${JSON.stringify(world.origin)})`)) as Sight
        })
        expect(Object.keys(seen).length).toBeGreaterThan(15)
        for (const [name, what] of Object.entries(seen)) expect([name, what]).toEqual([name, 'refused'])
        // The server has seen them, and refused each: nothing depends on the browser alone.
        expect(answered.length).toBeGreaterThan(20)
        for (const answer of answered) expect(answer).toMatch(/ 403$/)
        expect(await recorded()).toBe(before)
      })

      it.each(['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded'])(
        'sends a form as %s in vain',
        async (encoding) => {
          for (const path of ['/api/runs', '/api/incidents/x:ack', '/api/session', '/tick', '/backfill']) {
            const answered = await attack(address(), async (page) => {
              const navigated = page.waitForNavigation()
              await page.evaluate(`attacks.submitted(${JSON.stringify([`${world.origin}${path}`, encoding])})`)
              await navigated
              expect(await page.locator('body').textContent()).toContain('REQUEST_FOREIGN')
            })
            expect(answered.filter((answer) => answer.startsWith('POST '))).toEqual([`POST ${path} 403`])
          }
          expect(await recorded()).toBe(before)
        },
      )

      it('frames no page and no answer', async () => {
        await attack(address(), async (page) => {
          for (const path of ['/', '/runs', '/api/status', '/docs', '/api/openapi.json']) {
            await page.evaluate(`attacks.framed(${JSON.stringify(`${world.origin}${path}`)})`)
            const frame = page.frames().at(-1)
            expect(frame?.url(), path).not.toContain(world.origin)
            expect(await page.evaluate('document.querySelector("iframe").contentDocument')).toBe(null)
          }
        })
      })

      it('has no hold on a window that it opens', async () => {
        await attack(address(), async (page) => {
          const opened = page.waitForEvent('popup')
          await page.evaluate(`attacks.opened(${JSON.stringify(`${world.origin}/runs`)})`)
          const popup = await opened
          // A link may lead to the page; it works for the person, and knows nothing of who opened it.
          await popup.locator('main h1').waitFor()
          expect(await popup.evaluate('window.opener')).toBe(null)
          expect(await page.evaluate('attacks.held()')).toEqual({ closed: true, messages: [] })
          await popup.close()
        })
        expect(await recorded()).toBe(before)
      })
    })

    it('gets nothing under its own name for the address of the server', async () => {
      const page = await context.newPage()
      for (const path of ['/', '/api/status', '/api/me', '/docs', '/assets/']) {
        const answer = await page.goto(`http://evil.test:${world.served.port}${path}`)
        expect([path, answer?.status()]).toEqual([path, 403])
        expect(await answer?.text()).toContain('REQUEST_FOREIGN')
      }
      await page.close()
    })

    it('signs no one in with a link of its own', async () => {
      const page = await context.newPage()
      await page.goto(`http://localhost:${port}/`)
      await page.evaluate(`location.href = ${JSON.stringify(`${world.origin}/?token=chosen-by-the-attacker`)}`)
      await page.waitForURL(`${world.origin}/**`)
      expect(await page.locator('body').textContent()).toContain('was used already, or is older than ten minutes')
      expect(await recorded()).toBe(before)
      await page.close()
    })
  },
)
