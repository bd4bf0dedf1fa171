import { GoogleAuth } from 'google-auth-library'
import { DaybreakError } from '../../errors.ts'

// Enough to log in to Cloud SQL, and for nothing else.
const CLOUD_SQL = 'https://www.googleapis.com/auth/sqlservice.login'

/**
 * Access tokens that log in to Cloud SQL as the account this process runs as. Each is cached until shortly before its end.
 * @throws {DaybreakError} LEDGER_FAILED when there is no account.
 */
export function createCloudSqlTokens(): () => Promise<string> {
  const auth = new GoogleAuth({ scopes: [CLOUD_SQL] })
  return async () => {
    const token = await auth.getAccessToken().catch((cause: unknown) => {
      // The library's own message may quote a response of the token server.
      throw new DaybreakError(
        'LEDGER_FAILED',
        'no access token for Cloud SQL: Google knows no account of this process',
        {
          cause,
        },
      )
    })
    if (token) return token
    throw new DaybreakError('LEDGER_FAILED', 'no access token for Cloud SQL: Google gave an empty one')
  }
}

/**
 * The account that Google's libraries would act as: its address, or how it was found where it has none. Asks for a token, and
 * keeps none.
 * @throws {DaybreakError} CONFIG_MISSING when there is no account.
 */
export async function findAccount(): Promise<string> {
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] })
  try {
    await auth.getAccessToken()
    return (await auth.getCredentials()).client_email ?? 'application default credentials'
  } catch (cause) {
    throw new DaybreakError('CONFIG_MISSING', 'Google knows no account of this process', { cause })
  }
}
