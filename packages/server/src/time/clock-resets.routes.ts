import Type from 'typebox'
import {
  ClockResetView,
  LastClockReset,
  NewClockReset,
} from '@sanad/protocol/operator-api/clock-resets'
import { DeviceIdParams } from '@sanad/protocol/operator-api/devices'
import { Nonce } from '@sanad/protocol/wire/messages'
import { SanadError } from '@sanad/protocol/text/problems'
import { askedForm } from '../messages/asked-form.ts'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import { RateLimiter } from '../platform/rate-limiter.ts'
import type { ClockResets } from './clock-resets.ts'

/** Where operators order resets of clocks. */
export function clockResetRoutes({
  resets,
}: {
  readonly resets: Pick<ClockResets, 'order' | 'read'>
}) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/devices/:deviceId/clock-reset',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'readClockReset',
          params: DeviceIdParams,
          response: { 200: LastClockReset },
        },
      },
      async ({ params: { deviceId } }) => ({ reset: await resets.read(deviceId) }),
    )
    app.post(
      '/devices/:deviceId/clock-reset',
      {
        config: { access: 'time:reset' },
        schema: {
          operationId: 'orderClockReset',
          params: DeviceIdParams,
          body: NewClockReset,
          response: { 201: ClockResetView },
        },
      },
      async (request, reply) => {
        const { operatorId } = operatorOf(request)
        const view = await resets.order(request.params.deviceId, request.body, operatorId)
        return reply.status(201).send(view)
      },
    )
  }
}

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
