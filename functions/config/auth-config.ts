import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'
import { Secret } from './scalars.ts'

const TokenKey = Secret.optional().describe(
  'Key that signs API tokens: a private key in PEM (P-256). Without it the API makes no tokens.',
)

const Served = z
  .string()
  .regex(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)(:|\/|$))[^\s]+$/, 'expected an address with https')

/** How people and programs prove to the API who they are. */
export const AuthConfig = z.discriminatedUnion('kind', [
  yamlObject({
    kind: z.literal('loopback').describe('One person at this machine, by the link that `daybreak serve` prints.'),
  }),
  yamlObject({
    kind: z.literal('iap').describe('Identity-Aware Proxy of Google Cloud, in front of the service `api`.'),
    audience: z
      .string()
      .regex(
        /^\/projects\/\d+\/(locations\/[a-z0-9-]+\/services\/[a-z0-9-]+|global\/backendServices\/\d+)$/,
        'expected `/projects/NUMBER/locations/REGION/services/NAME`, with the number of the project',
      )
      .describe('What its assertions are made for, as the console shows it.'),
    token_key: TokenKey,
  }),
  yamlObject({
    kind: z.literal('oidc').describe('Another OpenID provider; callers send its token as `Authorization: Bearer`.'),
    issuer: Served.describe('Value of `iss` in its tokens.'),
    keys: Served.describe('Where the issuer publishes its keys: `jwks_uri` of its openid-configuration.'),
    audience: z.string().min(1).describe('Value of `aud` in its tokens: the id of the client.'),
    token_key: TokenKey,
  }),
])
/** How people and programs prove to the API who they are. */
export type AuthConfig = z.infer<typeof AuthConfig>
