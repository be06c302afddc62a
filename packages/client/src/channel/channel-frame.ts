import { PROBLEMS } from '@sanad/protocol/problems'

/** What the server says over the channel. Not signed but for the answers, so nothing else is more than a hint. */
export type ChannelFrame =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'wake'; readonly subjectHash: string }
  | {
      readonly kind: 'problem'
      readonly status: number
      readonly retryAfterSeconds: number | undefined
    }
  | { readonly kind: 'unreadable' }

/** Of `deviceSubject`: base64url or hexadecimal SHA-256. */
const WAKE = /^wake ([A-Za-z0-9_-]{43}|[0-9a-f]{64})$/
const JWE = /^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const LONGEST_RETRY_AFTER_SECONDS = 3_600

export function readFrame(text: string): ChannelFrame {
  const [, subjectHash] = WAKE.exec(text) ?? []
  if (subjectHash !== undefined) return { kind: 'wake', subjectHash }
  if (JWE.test(text)) return { kind: 'answer', text }
  return readProblem(text)
}

/** RFC 9457. */
function readProblem(text: string): ChannelFrame {
  try {
    const problem = JSON.parse(text) as Readonly<Record<string, unknown>>
    const { status, code, retryAfterSeconds } = problem
    const known =
      typeof code === 'string' && Object.hasOwn(PROBLEMS, code)
        ? PROBLEMS[code as keyof typeof PROBLEMS].status
        : undefined
    const said = typeof status === 'number' && status >= 400 && status < 600 ? status : known
    if (said === undefined) return { kind: 'unreadable' }
    return { kind: 'problem', status: said, retryAfterSeconds: readSeconds(retryAfterSeconds) }
  } catch {
    return { kind: 'unreadable' }
  }
}

/** Not signed: whoever forged it could keep a device away for long. */
function readSeconds(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
  return isNumber ? Math.min(value, LONGEST_RETRY_AFTER_SECONDS) : undefined
}
