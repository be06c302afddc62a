import { Postponed } from '../../base/step-failure.ts'
import type { Delivery } from '../../server-link/management-server.ts'
import type { PendingRequest } from '../../state/device-state.ts'
import type { KeptDevice } from '../kept-device.ts'

/** @throws Postponed where the server asks to come back later, SanadError for an answer that cannot be believed */
export async function sendMessage(
  { server, observations }: KeptDevice,
  message: PendingRequest,
  signal: AbortSignal,
): Promise<Exclude<Delivery, { kind: 'postponed' }>> {
  const begin = performance.now()
  const delivery = await server.deliver(message, signal).catch((error: unknown) => {
    server.doubt()
    throw error
  })
  observations.noteRoundTrip(performance.now() - begin)
  if (delivery.kind === 'postponed') throw new Postponed(delivery.retryAfterSeconds)
  if (delivery.kind === 'not-recognised') server.doubt()
  return delivery
}
