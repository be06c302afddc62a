import type { Role } from '@sanad/protocol/domain/permissions'

/** Whose session a request came with. */
export interface SignedInOperator {
  readonly operatorId: string
  readonly name: string
  readonly role: Role
  readonly sessionId: string
  readonly signedInAt: number
  readonly endsAt: number
  readonly mustChangePassword: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    signedIn: SignedInOperator | null
  }
}
