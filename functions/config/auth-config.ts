import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'
import { Secret } from './scalars.ts'

const TokenKey = Secret.optional().describe(
  'Key that signs API tokens: a private key in PEM (P-256). Without it the API makes no tokens.',
)

const Served = z
  .string()
  .regex(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)(:|\/|$))[^\s]+$/, 'expected an address with https')

const SignIn = yamlObject({
  authorization_endpoint: Served.describe(
    'Where people sign in: `authorization_endpoint` of its openid-configuration.',
  ),
  token_endpoint: Served.describe('Where a code becomes a token: `token_endpoint` of its openid-configuration.'),
  redirect_url: Served.regex(/^[^?#]+\/\/[^/?#]+\/auth\/callback$/, 'expected `https://HOST/auth/callback`').describe(
    'Address of this service that the provider leads people back to, `https://HOST/auth/callback`; registered there letter for letter.',
  ),
  client_secret: Secret.optional().describe('Secret of the client. Without it PKCE alone proves the client.'),
  session_key: Secret.describe('Key that seals sessions of people, at least 32 bytes.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
    .default(['openid', 'email'])
    .refine((scopes) => scopes.includes('openid'), 'expected openid among them')
    .describe('What is asked for; some providers give groups for a scope of theirs.'),
})

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
    kind: z.literal('oidc').describe('Another OpenID provider; programs send its token as `Authorization: Bearer`.'),
    issuer: Served.describe('Value of `iss` in its tokens.'),
    keys: Served.describe('Where the issuer publishes its keys: `jwks_uri` of its openid-configuration.'),
    audience: z.string().min(1).describe('Value of `aud` in its tokens: the id of the client.'),
    token_key: TokenKey,
    sign_in: SignIn.optional().describe('Sign-in of people by a browser. Without it a proxy must bring their tokens.'),
  }),
])
/** How people and programs prove to the API who they are. */
export type AuthConfig = z.infer<typeof AuthConfig>
