import type { HsmException } from '@sanad/protocol/domain/hsm-exceptions'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import type { FipsCertificate } from './hsm-config.ts'
import type { HsmKey, KeyProof, KeyPurpose, TokenIdentity } from './hsm.ts'

/** What the server and the agent that holds the token say to each other, over the agent’s IPC channel. */

/** What may be signed, and with a key of which purpose. */
export const KEY_OF_STATEMENT = {
  'certification-request': 'provider-ca',
  'device-certificate': 'provider-ca',
  'revocation-list': 'provider-ca',
  'management-root': 'management-root',
  'response-key': 'management-root',
  'tls-key': 'management-root',
  'command-key': 'management-root',
  transcript: 'management-root',
  command: 'command',
} as const satisfies Record<string, KeyPurpose>

export type StatementKind = keyof typeof KEY_OF_STATEMENT

export interface OpenRequest {
  readonly verb: 'open'
  readonly module: string
  readonly libraryParameters?: string
  readonly tokenLabel: string
  readonly tokenSerialNumber?: string
  readonly pin: string
  readonly sessions: number
  readonly mode: 'production' | 'development'
  readonly fipsCertificate?: FipsCertificate
  readonly accept?: readonly HsmException[]
  /** No device certificate that lives longer is signed. */
  readonly longestCertificateDays?: number
}

export interface SignRequest {
  readonly verb: 'sign'
  readonly kind: StatementKind
  readonly keyId: string
  readonly statement: Uint8Array
}

export type AgentRequest =
  | OpenRequest
  | SignRequest
  | { readonly verb: 'generate-key'; readonly purpose: KeyPurpose; readonly modulusBits: number }
  | { readonly verb: 'list-keys' }
  | { readonly verb: 'prove-keys' }
  | { readonly verb: 'ping' }

export interface OpenAnswer {
  readonly token: TokenIdentity
  readonly sessions: number
}

/** The answer to each verb. */
export interface AgentAnswers {
  open: OpenAnswer
  sign: Uint8Array
  'generate-key': HsmKey
  'list-keys': readonly HsmKey[]
  'prove-keys': readonly KeyProof[]
  ping: true
}

/**
 * Who is to blame, and so what helps:
 * `login` – the login is gone, a new agent helps; `device` – the HSM is ill, patience helps;
 * `pin` – nothing helps, a second try may lock the token; `permanent` – the request itself.
 */
export type Fault = 'login' | 'device' | 'pin' | 'permanent'

export interface AgentProblem {
  readonly code: ProblemCode
  readonly detail: string
  readonly fault: Fault
}

/** Both directions send what one turn of the event loop brought as one message: each costs a system call. */
export type ToAgent = { readonly id: number; readonly request: AgentRequest }
export type FromAgent =
  | { readonly id: number; readonly answer: AgentAnswers[keyof AgentAnswers] }
  | { readonly id: number; readonly problem: AgentProblem }
