// The page of an attacker, as a browser runs it.

/** Every way in which a script may ask. */
export async function scripted(origin) {
  const seen = {}
  const run = JSON.stringify({ reason: 'pwned' })
  const note = async (name, attempt) => {
    seen[name] = await attempt.catch(() => 'refused')
  }
  const ask = async (path, init) => {
    const answer = await fetch(`${origin}${path}`, { credentials: 'include', ...init })
    return answer.type === 'opaque' ? 'refused' : `read ${answer.status} ${await answer.text()}`
  }
  await note('fetch', ask('/api/status', {}))
  await note('fetch me', ask('/api/me', {}))
  await note('fetch without cors', ask('/api/status', { mode: 'no-cors' }))
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
    await note(
      `write as ${type}`,
      ask('/api/runs', { method: 'POST', mode: 'no-cors', headers: { 'content-type': type }, body: run }),
    )
  await note('write without a type', ask('/api/runs', { method: 'POST', mode: 'no-cors', body: new Blob([run]) }))
  await note(
    'write JSON',
    ask('/api/runs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: run }),
  )
  await note('keepalive', ask('/api/runs', { method: 'POST', mode: 'no-cors', keepalive: true, body: run }))
  await note('another method', ask('/api/tokens/x', { method: 'DELETE' }))
  await note('method by header', ask('/api/runs', { headers: { 'x-http-method-override': 'POST' } }))
  await note('work of the queue', ask('/tick', { method: 'POST', mode: 'no-cors', body: '{}' }))
  navigator.sendBeacon(`${origin}/api/runs`, run)
  const loaded = (name, tag, attributes) =>
    note(
      name,
      new Promise((resolve) => {
        const element = Object.assign(document.createElement(tag), attributes)
        element.onload = () => resolve('loaded')
        element.onerror = () => resolve('refused')
        document.body.append(element)
      }),
    )
  await loaded('script', 'script', { src: `${origin}/api/status` })
  await loaded('script with a callback', 'script', { src: `${origin}/api/me?callback=alert` })
  await loaded('module', 'script', { type: 'module', src: `${origin}/api/status` })
  await loaded('image', 'img', { src: `${origin}/api/status` })
  await loaded('style sheet', 'link', { rel: 'stylesheet', href: `${origin}/api/status` })
  await loaded('prefetch', 'link', { rel: 'prefetch', href: `${origin}/api/slices` })
  await loaded('video', 'video', { src: `${origin}/api/status` })
  await note(
    'event source',
    new Promise((resolve) => {
      const source = new EventSource(`${origin}/api/runs/last/log?follow=true`, { withCredentials: true })
      source.onopen = () => resolve('opened')
      source.onerror = () => resolve('refused')
    }),
  )
  const socket = (name, protocols) =>
    note(
      name,
      new Promise((resolve) => {
        const live = new WebSocket(`${origin.replace('http', 'ws')}/api/live`, protocols)
        live.onopen = () => resolve('opened')
        live.onerror = () => resolve('refused')
      }),
    )
  await socket('socket', [])
  await socket('socket with a protocol', ['daybreak'])
  // A frame in a sandbox has the origin "null".
  await note(
    'sandboxed frame',
    new Promise((resolve) => {
      const frame = document.createElement('iframe')
      frame.setAttribute('sandbox', 'allow-scripts')
      const script = `fetch(${JSON.stringify(`${origin}/api/status`)}, { credentials: 'include' })
        .then((a) => a.text()).then((t) => parent.postMessage('read ' + t, '*'), () => parent.postMessage('refused', '*'))`
      frame.srcdoc = `<script>${script}</script>`
      addEventListener('message', ({ data }) => resolve(String(data)), { once: true })
      document.body.append(frame)
    }),
  )
  return seen
}

/** Sends a form whose body is JSON as far as its encoding allows. */
export function submitted([action, enctype]) {
  const form = Object.assign(document.createElement('form'), { method: 'POST', action, enctype })
  const field = Object.assign(document.createElement('input'), { name: '{"reason":"pwned","x":"', value: '"}' })
  form.append(field)
  document.body.append(form)
  form.submit()
}

/** Frames an address. */
export const framed = (src) =>
  new Promise((resolve) => {
    document.body.replaceChildren()
    const frame = Object.assign(document.createElement('iframe'), { src })
    frame.onload = () => resolve()
    document.body.append(frame)
  })

const told = []
let target = null

/** Opens a window, and talks to it. */
export function opened(address) {
  addEventListener('message', ({ data }) => told.push(data))
  target = window.open(address)
  setInterval(() => target?.postMessage({ type: 'hello', topics: ['*'] }, '*'), 50)
}

/** What is left of the window that it opened. */
export function held() {
  return { closed: target?.closed ?? true, messages: told }
}

window.attacks = { scripted, submitted, framed, opened, held }
