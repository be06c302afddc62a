import { isProblemCode, PROBLEMS, type ProblemCode } from '@sanad/protocol/problems'

/** Why an answer did not come. `portal.unreachable` is ours alone: no server said it. */
export type PortalProblemCode = ProblemCode | 'portal.unreachable'

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
    return this.code === 'portal.unreachable' || PROBLEMS[this.code].retryable
  }
}

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

export function asProblem(error: unknown): PortalProblem {
  return error instanceof PortalProblem
    ? error
    : new PortalProblem('server.internal', {}, { cause: error })
}
