import { CERTIFICATE_PROBLEMS } from './problems/certificates.ts'
import { CLIENT_PROBLEMS } from './problems/client.ts'
import { COMMAND_PROBLEMS } from './problems/commands.ts'
import { CONNECTION_PROBLEMS } from './problems/connections.ts'
import { DEVICE_PROBLEMS } from './problems/devices.ts'
import { HSM_PROBLEMS } from './problems/hsm.ts'
import { IMPORT_PROBLEMS } from './problems/imports.ts'
import { KEY_PROBLEMS } from './problems/keys.ts'
import { MESSAGE_PROBLEMS } from './problems/messages.ts'
import { OPERATOR_PROBLEMS } from './problems/operators.ts'
import { POLICY_PROBLEMS } from './problems/policies.ts'
import { PROPOSAL_PROBLEMS } from './problems/proposals.ts'
import { REGISTRATION_PROBLEMS } from './problems/registration.ts'
import { REQUEST_PROBLEMS } from './problems/requests.ts'
import { SERVER_PROBLEMS } from './problems/server.ts'
import type { ProblemRow } from './problems/row.ts'

/**
 * Every way a request can fail, as one closed table.
 *
 * Server, client, portal and command line share it: a code is stable API, its title is the sentence a
 * person reads, and its status is what HTTP says (RFC 9457). Adding a row is an API change.
 * Rows stand in `problems/`, in the module of their codes’ first part.
 */
export const PROBLEMS = {
  ...REQUEST_PROBLEMS,
  ...MESSAGE_PROBLEMS,
  ...REGISTRATION_PROBLEMS,
  ...KEY_PROBLEMS,
  ...COMMAND_PROBLEMS,
  ...POLICY_PROBLEMS,
  ...PROPOSAL_PROBLEMS,
  ...DEVICE_PROBLEMS,
  ...IMPORT_PROBLEMS,
  ...CERTIFICATE_PROBLEMS,
  ...OPERATOR_PROBLEMS,
  ...HSM_PROBLEMS,
  ...SERVER_PROBLEMS,
  ...CONNECTION_PROBLEMS,
  ...CLIENT_PROBLEMS,
} as const satisfies Record<string, ProblemRow>

export type ProblemCode = keyof typeof PROBLEMS

export interface SanadErrorOptions extends ErrorOptions {
  /** Milliseconds. RFC 9110 §10.2.3: told as `Retry-After`, in whole seconds, never less than is meant. */
  readonly waitMs?: number
}

/** The one error class. Foreign errors are translated into it once, at their boundary, with `cause`. */
export class SanadError extends Error {
  readonly code: ProblemCode
  /** What exactly is wrong, in the words of the side that throws. The message has it behind the code. */
  readonly detail: string | undefined
  /** Milliseconds until the same request may succeed, where the side that throws knows. */
  readonly waitMs: number | undefined

  /** @param detail for the log of the side that throws; never sent to an unauthenticated peer. */
  constructor(code: ProblemCode, detail?: string, options?: SanadErrorOptions) {
    super(detail === undefined ? code : `${code}: ${detail}`, options)
    this.name = 'SanadError'
    this.code = code
    this.detail = detail
    this.waitMs = options?.waitMs
  }

  get status(): number {
    return PROBLEMS[this.code].status
  }

  get title(): string {
    return PROBLEMS[this.code].title
  }

  get retryable(): boolean {
    return PROBLEMS[this.code].retryable
  }
}

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text)
}

/** The body of an HTTP error answer (RFC 9457 §3). */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly requestId?: string
  /** Only for people who are signed in: what to look at. */
  readonly detail?: string
}

export function describeProblem(
  code: ProblemCode,
  requestId?: string,
  detail?: string,
): ProblemDocument {
  const { status, title } = PROBLEMS[code]
  return {
    type: `urn:sanad:problem:${code}`,
    title,
    status,
    code,
    ...(requestId !== undefined && { requestId }),
    ...(detail !== undefined && { detail }),
  }
}
