import Type from 'typebox'
import { Nonce } from '@sanad/protocol/wire/messages/parts'
import { makeServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { askedForm } from './asked-form.ts'
import { type HttpApp, sampled, MESSAGES_PATH } from '../platform/http.ts'
import type { Source } from './standings.ts'
import { DeviceMessages, type DeviceMessagesOptions, hideReason } from './device-messages.ts'

/**
 * The devices’ door: signed and encrypted messages in, signed and encrypted answers out.
 *
 * To the sender every failure of authenticity looks the same; why a message was refused stays inside.
 */

export interface DeviceDoorOptions extends DeviceMessagesOptions {
  /** How far the server’s own clock may be off, milliseconds; throws `time.not-trusted` while nobody knows. */
  readonly clockRadius: () => number
  /** Those that the live channel takes them with, if there is one. */
  readonly messages?: DeviceMessages
}

const JOSE = 'application/jose'

const StatementQuery = Type.Object({ nonce: Nonce }, { additionalProperties: false })

export function deviceDoor(options: DeviceDoorOptions) {
  const messages = options.messages ?? new DeviceMessages(options)

  return async (app: HttpApp): Promise<void> => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(JOSE, { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )

    app.get(
      '/device/v1/server',
      { schema: { querystring: StatementQuery } },
      async (request, reply) => {
        const form = askedForm(request.headers)
        const statement = await stateServer(options, request.query.nonce, form)
        return reply.type(JOSE).send(statement)
      },
    )

    app.post<{ Body: string }>(MESSAGES_PATH, async (request, reply) => {
      const { socket } = request.raw
      const source = {
        connection: socket,
        address: request.ip,
        isGone: () => socket.destroyed,
      }
      const answer = await answerMessage(request.body, source).catch((error: unknown) => {
        throw hideReason(error, (code) =>
          sampled(request.log).write('info', { requestId: request.id, code }, 'message refused'),
        )
      })
      // ASCII: as octets it is neither measured nor encoded as UTF-8 once more.
      return reply.type(JOSE).send(Buffer.from(answer, 'latin1'))
    })
  }

  async function answerMessage(text: unknown, source: Source): Promise<string> {
    if (typeof text !== 'string') throw new SanadError('request.unsupported-media-type')
    return (await messages.take(text, source)).text
  }
}

function stateServer(
  options: DeviceDoorOptions,
  nonce: string,
  form: IdentifierForm,
): Promise<string> {
  const { keys, serverId, clock, clockRadius } = options
  const { signer, encryption, notAfter } = keys.shown(form)
  const midpoint = clock()
  const radius = readRadius(clockRadius)
  const { kid, x } = encryption.public
  return makeServerStatement(
    {
      v: 1,
      iss: serverId,
      nonce,
      ts: formatTimestamp(midpoint),
      time: radius === undefined ? null : { midpoint, radius },
      encryptionKey: { kid, kty: 'OKP', crv: 'X25519', x },
      notAfter: formatTimestamp(notAfter),
    },
    signer,
  )
}

/** @returns undefined while no time may be signed: devices go on with what they have */
function readRadius(clockRadius: () => number): number | undefined {
  try {
    return clockRadius()
  } catch (error) {
    if (error instanceof SanadError && error.code === 'time.not-trusted') return undefined
    throw error
  }
}
