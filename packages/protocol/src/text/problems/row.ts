/** One row of the closed table of problems; `problems.ts` puts the rows together. */
export interface ProblemRow {
  /** HTTP status code. */
  readonly status: number
  /** One plain sentence, without data of the request. */
  readonly title: string
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean
}

export const row = (status: number, title: string, retryable = false): ProblemRow => ({
  status,
  title,
  retryable,
})
