import { serve } from '../platform/serve.ts'
import type { Invitations } from './invitations.ts'

/** For those who hold a link. */
export const invitationRoutes = ({ invitations }: { readonly invitations: Invitations }) =>
  serve({
    readInvitation: ({ body }, { request }) => invitations.read(body.token, request.ip),
    acceptInvitation: ({ body }, { request }) => invitations.accept(body, request.ip),
  })
