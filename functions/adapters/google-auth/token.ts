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
