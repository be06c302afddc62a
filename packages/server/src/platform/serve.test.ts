import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { describe, expect, it } from 'vitest'
import { makeHttpApp } from './http.ts'
import { makeLogger } from './log.ts'
import { OperationDesk, type Servings } from './operation-desk.ts'
import { serve } from './serve.ts'

const DEVICE_ID = '01890a5d-ac96-774b-bcce-b302099a8057'

async function start(servings: Partial<Servings>) {
  const app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  app.decorateRequest('signedIn', null)
  app.decorate('desk', new OperationDesk())
  app.addHook('onRequest', async (request) => {
    request.signedIn = {
      operatorId: DEVICE_ID,
      name: 'Noor Rahman',
      role: 'administrator',
      sessionId: DEVICE_ID,
      signedInAt: 0,
      endsAt: 0,
      mustChangePassword: false,
    }
  })
  await app.register(serve(servings), { prefix: OPERATOR_API })
  return app
}

describe('serve', () => {
  it('carries out an operation with its parameters, its body and who asks', async () => {
    const seen: unknown[] = []
    await using app = await start({
      suspendDevice: ({ params, body, actor }) => {
        seen.push(params, body, actor)
        throw new Error('enough seen')
      },
    })
    await app.inject({
      method: 'POST',
      url: `${OPERATOR_API}/devices/${DEVICE_ID}/suspend`,
      payload: { reason: 'lost' },
    })
    expect(seen).toEqual([{ deviceId: DEVICE_ID }, { reason: 'lost' }, `operator:${DEVICE_ID}`])
  })

  it('refuses parameters and bodies that are not of the declared form', async () => {
    const carriedOut: string[] = []
    await using app = await start({
      suspendDevice: () => {
        carriedOut.push('suspendDevice')
        throw new Error('not to be reached')
      },
    })
    for (const [id, payload] of [
      ['not-an-id', { reason: 'lost' }],
      [DEVICE_ID, { reason: 'a whim' }],
      [DEVICE_ID, { reason: 'lost', colour: 'red' }],
    ] as const) {
      const url = `${OPERATOR_API}/devices/${id}/suspend`
      const { statusCode } = await app.inject({ method: 'POST', url, payload })
      expect(statusCode).toBe(400)
    }
    expect(carriedOut).toEqual([])
  })

  it('does not start when two slices serve the same operation', async () => {
    const app = await start({ readDevice: refuse })
    await expect(app.register(serve({ readDevice: refuse }))).rejects.toMatchObject({
      code: 'server.configuration-invalid',
    })
  })
})

const refuse = (): never => {
  throw new Error('not to be reached')
}

/** Never run: each line marked does not compile, which the type check of the repository holds. */
export const wrong = (device: DeviceView): readonly Partial<Servings>[] => [
  {
    suspendDevice: ({ params, body }) => {
      // @ts-expect-error: the path has no such parameter
      void params.deviceID
      // @ts-expect-error: the body has no such member
      void body.cause
      return device
    },
  },
  // @ts-expect-error: not the answer of this operation
  { listDevices: () => device },
  {
    listDevices: ({ query }) => {
      // @ts-expect-error: a state is one of a closed list
      void query.state?.includes('broken')
      return { items: [], next: null, total: { count: 0, isExact: true } }
    },
  },
  // @ts-expect-error: no such operation
  { suspendDevices: () => device },
]
