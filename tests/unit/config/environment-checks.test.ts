import { describe, expect, it } from 'vitest'
import { toDaybreakError } from '../../../functions/errors.ts'
import { loadFiles, projectFiles } from '../../support/project.ts'

const AUDIENCE = '/projects/123456789012/locations/us-central1/services/daybreak-api'
const SIGN_IN =
  'auth: { kind: oidc, issuer: https://a.example, keys: https://a.example/keys, audience: a, sign_in: { authorization_endpoint: https://a.example/a, token_endpoint: https://a.example/t, redirect_url: https://d.example/auth/callback, session_key: secret://session, scopes: [openid, email] } }\n'
const AUTH = `auth: { kind: iap, audience: ${AUDIENCE}, token_key: secret://token-key }\n`
const CLOUD = `version: 1
environment: cloud
google: { project: acme-daybreak, region: us-central1 }
sources:
  toast: { kind: gcs, bucket: acme-inbox }
objects: { kind: gcs, raw_bucket: acme-raw, parts_bucket: acme-parts, control_bucket: acme-control }
warehouse: { kind: bigquery, location: US }
ledger: { kind: postgres, host: /cloudsql/acme, user: daybreak, auth: iam }
secrets: { kind: secret-manager }
privacy: { hash_key: secret://hash-key }
queue: { kind: pubsub, topics: { tick: daybreak-tick } }
http: { audience: https://daybreak.example, push_accounts: [push@acme.iam.gserviceaccount.com], time_budget: 540s, gather: 5s, drain: 9s }
${AUTH}`

/** Problems of the environment after some text in it was replaced. */
async function problems(...changes: readonly (readonly [string, string])[]): Promise<string> {
  const text = changes.reduce((now, [from, to]) => {
    expect(now, 'the text to change is there').toContain(from)
    return now.replace(from, to)
  }, CLOUD)
  const files = projectFiles({ 'config/environments/cloud.yaml': text })
  return await loadFiles(files, { environment: 'cloud' }).then(
    () => '',
    (error: unknown) => toDaybreakError(error).message,
  )
}

const GOOGLE = ['google: { project: acme-daybreak, region: us-central1 }\n', ''] as const
const sftp = (key: string) =>
  [
    '{ kind: gcs, bucket: acme-inbox }',
    `{ kind: sftp, host: h, user: u, host_keys: ["SHA256:${'A'.repeat(43)}"], private_key: ${key} }`,
  ] as const

describe('an environment', () => {
  it('that agrees with itself has no problem', async () => {
    expect(await problems()).toBe('')
  })

  it('without `google` names everything that needs it, each at its place', async () => {
    expect((await problems(GOOGLE)).split('\n').map((line) => line.replace(/ needs.*/, ''))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/cloud\.yaml:5:18 .*objects\.kind: "gcs"/),
        expect.stringMatching(/cloud\.yaml:6:20 .*warehouse\.kind: "bigquery"/),
        expect.stringMatching(/cloud\.yaml:10:16 .*queue\.kind: "pubsub"/),
        expect.stringMatching(/cloud\.yaml:8:18 .*secrets\.kind: "secret-manager"/),
        expect.stringMatching(/cloud\.yaml:4:18 .*sources\.toast\.kind: "gcs"/),
      ]),
    )
  })

  it.each([
    ['pubsub without http', [/http: .*\n/.exec(CLOUD)?.[0] ?? '', ''], /:11:16 .*"pubsub" needs `http`/],
    ['a password that is not there', ['auth: iam', 'auth: password'], /:8:.*ledger\.auth: "password" needs/],
    [
      'a password that is not sent',
      ['auth: iam', 'auth: iam, password: secret://p'],
      /ledger\.password: is not sent with `auth: iam`/,
    ],
    ['a login in clear', ['host: /cloudsql/acme', 'host: 10.0.0.1, tls: "off"'], /ledger\.tls: "off" would send/],
    ['two buckets of one name', ['acme-parts', 'acme-raw'], /objects\.parts_bucket: "acme-raw" has another purpose/],
    [
      'an inbox that is the archive',
      ['bucket: acme-inbox', 'bucket: acme-raw'],
      /sources\.toast\.bucket: "acme-raw" has another/,
    ],
    ['a hash key on the disk', ['secret://hash-key', './hash-key'], /privacy\.hash_key: is a path of this disk/],
    ['a private key on the disk', sftp('./key'), /sources\.toast\.private_key: is a path of this disk/],
    ['a time budget as long as a push', ['540s', '600s'], /http\.time_budget: "600s" must be less than the 600s/],
    ['no time budget', ['540s', '0s'], /http\.time_budget: "0s"/],
    ['gathering for longer than the budget', ['gather: 5s', 'gather: 9m'], /http\.gather: "9m" must be less/],
    ['draining for longer than Cloud Run waits', ['drain: 9s', 'drain: 10s'], /http\.drain: "10s" must be less/],
    [
      'one account for both',
      ['time_budget', 'caller_accounts: [push@acme.iam.gserviceaccount.com], time_budget'],
      /caller_accounts\[0\]: "push@acme/,
    ],
    ['the sign-in of a laptop', [AUTH, 'auth: { kind: loopback }\n'], /auth\.kind: "loopback" is for one machine/],
    ['a token key on the disk', ['secret://token-key', './token-key'], /auth\.token_key: is a path of this disk/],
    [
      'an audience that is an address',
      [AUDIENCE, 'https://daybreak.example'],
      /auth\.audience is .* expected `\/projects/,
    ],
    [
      'keys that come in clear',
      [AUTH, 'auth: { kind: oidc, issuer: https://a.example, keys: http://a.example/keys, audience: a }\n'],
      /auth\.keys is .* expected an address with https/,
    ],
    [
      'a redirect to another path',
      [AUTH, SIGN_IN.replace('/auth/callback', '/callback')],
      /auth\.sign_in\.redirect_url is .* expected `https:\/\/HOST\/auth\/callback`/,
    ],
    [
      'a session key on the disk',
      [AUTH, SIGN_IN.replace('secret://session', './session')],
      /auth\.sign_in\.session_key: is a path of this disk/,
    ],
    [
      'a sign-in without openid',
      [AUTH, SIGN_IN.replace('[openid', '[email')],
      /auth\.sign_in\.scopes.* expected openid/,
    ],
    [
      'one topic for two',
      ['tick: daybreak-tick', 'tick: same-topic, load: same-topic'],
      /queue\.topics\.load: "same-topic" is another/,
    ],
  ] as const)('with %s is refused where it stands', async (_, change, why) => {
    expect(await problems(change as readonly [string, string])).toMatch(why)
  })

  it.each(['127.0.0.1', 'localhost'])('may log in in clear on %s', async (host) => {
    expect(await problems(['/cloudsql/acme', host])).toBe('')
  })

  it.each(['secret://key', 'secret://key@3'])('may take its private key from %s', async (key) => {
    expect(await problems(sftp(key))).toBe('')
  })
})
