/** Parts of a load job's id. */
interface JobIdParts {
  readonly environment: string
  readonly pipeline: string
  readonly stream: string
  /** Business date, `YYYY-MM-DD`. */
  readonly window: string
  readonly epoch: number
  readonly attempt: number
  /** Hash of what the job loads. */
  readonly content: string
}

// 12 hex digits: the other parts of the id already name one attempt of one ledger; the hash tells its content apart.
const CONTENT_DIGITS = 12

/** Id of a load job, in letters that every warehouse takes. Equal ids name equal content. */
export function jobId({ environment, pipeline, stream, window, epoch, attempt, content }: JobIdParts): string {
  const subject = [environment, pipeline, stream, window.replaceAll('-', '')]
    .join('_')
    .replaceAll(/[^A-Za-z0-9_-]/g, '_')
  return `${subject}_e${epoch}_a${attempt}_${content.slice(0, CONTENT_DIGITS)}`
}

/** The epoch of a job by its id; 0 for an id of another form. */
export function epochOf(id: string): number {
  return Number(/_e(\d{1,15})_a\d+(?:_[0-9a-f]+)?$/.exec(id)?.[1] ?? 0)
}
