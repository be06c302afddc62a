import {
  AcceptInvitation,
  InvitationView,
  ReadInvitation,
} from '@sanad/protocol/operator-api/operators'
import type { HttpApp } from '../platform/http.ts'
import type { Invitations } from './invitations.ts'

/** For whoever holds a link. Both are sent as bodies: a token in an address would be logged on the way. */
export function invitationRoutes({ invitations }: { readonly invitations: Invitations }) {
  return async (app: HttpApp): Promise<void> => {
    app.post(
      '/invitation',
      {
        config: { access: 'anyone' },
        schema: {
          operationId: 'readInvitation',
          body: ReadInvitation,
          response: { 200: InvitationView },
        },
      },
      async (request) => invitations.read(request.body.token, request.ip),
    )

    app.post(
      '/invitation/accept',
      {
        config: { access: 'anyone' },
        schema: {
          operationId: 'acceptInvitation',
          body: AcceptInvitation,
          response: { 200: InvitationView },
        },
      },
      async (request) => invitations.accept(request.body, request.ip),
    )
  }
}
