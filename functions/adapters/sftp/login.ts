import type { AnyAuthMethod, NextAuthHandler, ParsedKey } from 'ssh2'
import { quoteText } from '../../lib/plain-name.ts'

type Method = 'publickey' | 'password' | 'keyboard-interactive'

/** User, keys and password of a login. */
export interface Credentials {
  readonly user: string
  /** In the order to offer them. */
  readonly keys: readonly ParsedKey[]
  readonly password: string | undefined
}

/** One login: offers what the server still takes, and remembers what it said. */
export interface Login {
  readonly handler: (left: readonly string[] | null, isPartial: boolean | null, next: NextAuthHandler) => void
  /** Why it failed, for people: `accepted the key and still wants password`. */
  explain(): string
}

interface Offer {
  readonly method: Method
  readonly what: string
  readonly auth: AnyAuthMethod
}

/** A login with all credentials. One that the server accepts in part is followed by what it still wants. */
export function createLogin(credentials: Credentials): Login {
  const unanswered: string[] = []
  const offers = offersOf(credentials, unanswered)
  const accepted = new Set<Offer>()
  const refused = new Set<Offer>()
  let current: Offer | undefined
  let wanted: readonly string[] | null = null
  return {
    handler(left, isPartial, next) {
      // What was refused before its turn may be what the server wants next.
      if (isPartial) refused.clear()
      if (current) (isPartial ? accepted : refused).add(current)
      wanted = left ?? wanted
      current = offers.find(
        (offer) => !accepted.has(offer) && !refused.has(offer) && (wanted === null || wanted.includes(offer.method)),
      )
      // ssh2 takes `false` for "nothing left", which its types do not say.
      next(current?.auth ?? (false as never))
    },
    explain: () => explain({ accepted: namesOf(accepted), refused: namesOf(refused), wanted, unanswered }),
  }
}

function namesOf(offers: ReadonlySet<Offer>): readonly string[] {
  return [...new Set([...offers].map(({ what }) => what))]
}

function offersOf({ user: username, keys, password }: Credentials, unanswered: string[]): Offer[] {
  const ofKeys = keys.map(
    (key): Offer => ({ method: 'publickey', what: 'the key', auth: { type: 'publickey', username, key } }),
  )
  if (password === undefined) return ofKeys
  return [
    ...ofKeys,
    { method: 'password', what: 'the password', auth: { type: 'password', username, password } },
    {
      method: 'keyboard-interactive',
      what: 'the answers to its questions',
      auth: {
        type: 'keyboard-interactive',
        username,
        prompt(_name, _instructions, _language, prompts, finish) {
          finish(prompts.map((prompt) => answer(prompt, password, unanswered)))
        },
      },
    },
  ]
}

/** A hidden question for the password has one answer; any other, such as for a code, has none here. */
function answer({ prompt, echo }: { prompt: string; echo?: boolean }, password: string, unanswered: string[]): string {
  if (echo !== true && !/code|token|otp|pin\b|factor/i.test(prompt)) return password
  unanswered.push(quoteText(prompt))
  return ''
}

interface Seen {
  readonly accepted: readonly string[]
  readonly refused: readonly string[]
  readonly wanted: readonly string[] | null
  readonly unanswered: readonly string[]
}

function explain({ accepted, refused, wanted, unanswered }: Seen): string {
  const list = wanted?.map((method) => method.replace(/[^\w@.-]/g, '').slice(0, 40)).join(', ')
  const parts = [
    ...(refused.length > 0 ? [`refused ${refused.join(' and ')}`] : []),
    ...(accepted.length > 0 ? [`accepted ${accepted.join(' and ')}`] : []),
    ...(unanswered.length > 0 ? [`asked ${unanswered.slice(0, 3).join(', ')}, which cannot be answered`] : []),
  ]
  const wants = list ? `${accepted.length > 0 ? 'still wants' : 'takes'} ${list}` : 'does not say what it takes'
  return [...parts, wants].join(', ')
}
