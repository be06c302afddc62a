import { isProblemCode, PROBLEMS, type ProblemCode } from '@sanad/protocol/text/problems'

/** What no server said: these are the portal’s alone. */
export type OwnProblemCode =
  | 'portal.unreachable'
  /** Something between us and the server answered in its place. */
  | 'portal.not-an-answer'
  /** A file of this build is gone, because the server serves another build. */
  | 'portal.new-version'
  /** A file of this build did not come, though the server serves it. */
  | 'portal.part-missing'
  /** A fault of the portal itself. */
  | 'portal.broken'

/** Why an answer did not come, or a page could not be shown. */
export type PortalProblemCode = ProblemCode | OwnProblemCode

export class PortalProblem extends Error {
  readonly code: PortalProblemCode
  readonly requestId: string | undefined
  readonly detail: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: PortalProblemCode,
    more: { requestId?: string; detail?: string; retryAfterSeconds?: number } = {},
    options?: ErrorOptions,
  ) {
    super(code, options)
    this.name = 'PortalProblem'
    this.code = code
    this.requestId = more.requestId
    this.detail = more.detail
    this.retryAfterSeconds = more.retryAfterSeconds
  }

  get isRetryable(): boolean {
    return isOwn(this.code) ? RETRYABLE[this.code] : PROBLEMS[this.code].retryable
  }
}

const RETRYABLE: Record<OwnProblemCode, boolean> = {
  'portal.unreachable': true,
  'portal.not-an-answer': true,
  'portal.new-version': false,
  'portal.part-missing': true,
  'portal.broken': false,
}

const isOwn = (code: PortalProblemCode): code is OwnProblemCode => Object.hasOwn(RETRYABLE, code)

/** A problem document of ours, or the nearest code where something between us and the server answered. */
export function readProblem(
  status: number,
  body: unknown,
  retryAfter: string | null,
): PortalProblem {
  const retryAfterSeconds = retryAfter === null ? NaN : Number.parseInt(retryAfter, 10)
  const wait = Number.isFinite(retryAfterSeconds) && { retryAfterSeconds }
  if (typeof body === 'object' && body !== null && 'code' in body) {
    const { code, requestId, detail } = body as Record<string, unknown>
    if (typeof code === 'string' && isProblemCode(code)) {
      return new PortalProblem(code, {
        ...(typeof requestId === 'string' && { requestId }),
        ...(typeof detail === 'string' && { detail }),
        ...wait,
      })
    }
  }
  return new PortalProblem(codeOfStatus(status), { ...wait })
}

function codeOfStatus(status: number): PortalProblemCode {
  if (status === 401) return 'operator.not-signed-in'
  if (status === 403) return 'operator.permission-missing'
  if (status === 404) return 'request.not-found'
  if (status === 413) return 'request.too-large'
  if (status === 429) return 'request.rate-limited'
  if (status === 502 || status === 504) return 'portal.unreachable'
  if (status === 503) return 'server.overloaded'
  return 'server.internal'
}

/** What no answer of a server explains is a fault of the portal, and never the server’s. */
export function asProblem(error: unknown): PortalProblem {
  return error instanceof PortalProblem
    ? error
    : new PortalProblem('portal.broken', {}, { cause: error })
}

/** Whether the server said that what was asked for does not exist: `request.not-found`, `import.not-found`. */
export const isNotThere = (error: unknown): boolean =>
  error instanceof PortalProblem && error.code.endsWith('.not-found')
