/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Text with its variables replaced. */
interface Interpolated {
  readonly text: string
  /** Sentences about what could not be replaced. */
  readonly problems: readonly { readonly code: 'CONFIG_INVALID' | 'CONFIG_MISSING'; readonly message: string }[]
}

// `$${` stands for a literal `${`; what follows `${` must be a name, maybe a default, and `}`.
const REFERENCE = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g

/**
 * Replaces `${NAME}` and `${NAME:-default}`, as a shell does: the default stands in for a variable that is unset or empty.
 * The result is never read again, so a value cannot bring in another reference or YAML of its own.
 */
export function interpolate(text: string, env: Environment): Interpolated {
  const problems: Interpolated['problems'][number][] = []
  const replaced = text.replaceAll(REFERENCE, (reference: string, name?: string, fallback?: string) => {
    if (reference === '$${') return '${'
    if (name === undefined) {
      problems.push({
        code: 'CONFIG_INVALID',
        message: `"${text}" has a \${ without a name and }; write $\${ for the text \${`,
      })
      return ''
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (fallback !== undefined) return value || fallback
    if (value === undefined)
      problems.push({ code: 'CONFIG_MISSING', message: `the environment variable ${name} is not set` })
    return value ?? ''
  })
  return { text: replaced, problems }
}
