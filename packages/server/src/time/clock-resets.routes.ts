import Type from 'typebox'
import { Nonce } from '@sanad/protocol/wire/messages/parts'
import { SanadError } from '@sanad/protocol/text/problems'
import { askedForm } from '../messages/asked-form.ts'
import type { HttpApp } from '../platform/http.ts'
import { RateLimiter } from '../platform/rate-limiter.ts'
import { serve } from '../platform/serve.ts'
import type { ClockResets } from './clock-resets.ts'

/** Where operators order resets of clocks. */
export const clockResetRoutes = ({
  resets,
}: {
  readonly resets: Pick<ClockResets, 'order' | 'read'>
}) =>
  serve({
    readClockReset: async ({ params }) => ({ reset: await resets.read(params.deviceId) }),
    orderClockReset: ({ params, body, operator }) =>
      resets.order(params.deviceId, body, operator.operatorId),
  })

/** The nonce is not answered: it keeps answers of caches on the way apart. */
const ResetQuery = Type.Object(
  { device: Type.String({ minLength: 5, maxLength: 400 }), nonce: Nonce },
  { additionalProperties: false },
)
/** A client asks for each of its devices, and again after a while. */
const QUESTIONS_PER_ADDRESS = { burst: 30, perSecond: 1 }

export interface ClockResetDoorOptions {
  readonly resets: Pick<ClockResets, 'find'>
  readonly clock: () => number
}

/** Where a client asks that can take no other answer. */
export function clockResetDoor({ resets, clock }: ClockResetDoorOptions) {
  const questions = new RateLimiter(QUESTIONS_PER_ADDRESS)
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/device/v1/clock-reset',
      { schema: { querystring: ResetQuery } },
      async (request, reply) => {
        if (!questions.admits(request.ip, clock())) throw new SanadError('request.rate-limited')
        const statement = await resets.find(request.query.device, askedForm(request.headers))
        return reply.type('application/jose').header('Cache-Control', 'no-store').send(statement)
      },
    )
  }
}
