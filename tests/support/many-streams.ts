import { projectFiles } from './project.ts'

const PIPELINE = 'config/pipelines/toast.yaml'
const CONTRACT = 'config/contracts/toast/orders.yaml'

/**
 * Changes that give the small project of `projectFiles` so many more streams: `extra_0` reads `Extra0.csv`. They differ in their
 * names, and in their columns if that is asked for.
 */
export function manyStreams(count: number, { vary = false } = {}): Readonly<Record<string, string>> {
  const files = projectFiles()
  const names = Array.from({ length: count }, (_, at) => `extra_${at}`)
  const contract = files[CONTRACT] ?? ''
  const own = names.map((name, at) => [
    `config/contracts/toast/${name}.yaml`,
    contract
      .replace('stream: orders', `stream: ${name}`)
      .replace('Orders.csv', `Extra${at}.csv`)
      .replaceAll('tax', vary ? `tax_${at}` : 'tax'),
  ])
  const pipeline = (files[PIPELINE] ?? '').replace('[orders, payments]', `[orders, payments, ${names.join(', ')}]`)
  return { [PIPELINE]: pipeline, ...Object.fromEntries(own) }
}
