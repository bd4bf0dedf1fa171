import { MOST_TOPICS } from '../api/contract/live-messages.ts'

/** Caller of the channel: what it may see, and what it asked to hear of. */
export interface Hearer {
  /** Shards that it may see; null for all. */
  readonly shards: readonly string[] | null
  /** Beginnings of topics; `*` for all. */
  readonly topics: readonly string[]
}

/** Everything may have changed. */
const ALL = '*'

/** Pure: topics of a hearer among many, each once, and in broader words where they are too many. */
export function topicsFor(topics: Iterable<string>, hearer: Hearer): readonly string[] {
  const heard = new Set<string>()
  for (const topic of topics) if (mayHear(hearer, topic) && asksFor(hearer, topic)) heard.add(topic)
  return fold(heard)
}

/** Pure: false for a topic of a shard that the caller may not see. */
export function mayHear({ shards }: Pick<Hearer, 'shards'>, topic: string): boolean {
  const { words } = prefixOf(topic)
  const [kind, , , ...rest] = words
  return shards === null || kind !== 'slice' || rest.length === 0 || shards.includes(rest.join('/'))
}

function asksFor({ topics }: Pick<Hearer, 'topics'>, topic: string): boolean {
  return topics.some((pattern) => meets(pattern, topic))
}

/** True when something that the topic stands for begins as the pattern does. */
function meets(pattern: string, topic: string): boolean {
  const asked = prefixOf(pattern).words
  const { words, isBroad } = prefixOf(topic)
  const common = Math.min(asked.length, words.length)
  for (let at = 0; at < common; at++) if (asked[at] !== words[at]) return false
  return asked.length <= words.length || isBroad
}

interface Prefix {
  readonly words: readonly string[]
  /** True when the topic stands for every topic with this beginning. */
  readonly isBroad: boolean
}

/** `slices/toast` is every slice of the pipeline. A star at the end of a pattern says what its end says anyway. */
function prefixOf(text: string): Prefix {
  if (text === ALL) return { words: [], isBroad: true }
  const [kind = '', ...rest] = text.split('/')
  if (rest.at(-1) === ALL) rest.pop()
  return kind === 'slices' ? { words: ['slice', ...rest], isBroad: true } : { words: [kind, ...rest], isBroad: false }
}

function fold(topics: ReadonlySet<string>): readonly string[] {
  if (topics.has(ALL)) return [ALL]
  const narrow = fewest([...topics])
  if (narrow.length <= MOST_TOPICS) return narrow
  for (const depth of [2, 1]) {
    const broader = fewest(narrow.map((topic) => broaden(topic, depth)))
    if (broader.length <= MOST_TOPICS) return broader
  }
  return [ALL]
}

/** A slice as all slices of its window (depth 2) or of its pipeline (depth 1); other topics as they are. */
function broaden(topic: string, depth: number): string {
  const { words } = prefixOf(topic)
  const [kind, ...rest] = words
  return kind === 'slice' ? ['slices', ...rest.slice(0, depth)].join('/') : topic
}

/** Without those that another one stands for. */
function fewest(topics: readonly string[]): readonly string[] {
  const all = new Set(topics)
  return [...all].filter((topic) => !broaderThan(topic).some((broader) => all.has(broader)))
}

function broaderThan(topic: string): readonly string[] {
  const { words, isBroad } = prefixOf(topic)
  if (words[0] !== 'slice') return []
  const depths = isBroad ? words.length - 2 : 2
  return Array.from({ length: Math.max(0, depths) }, (_, at) => broaden(topic, at + 1))
}
