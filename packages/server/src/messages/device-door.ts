import Type from 'typebox'
import { type AnswerType, Nonce } from '@sanad/protocol/messages'
import { type AnswerSigner, makeAnswer } from '@sanad/protocol/envelope/answer'
import type { AgreementKey } from '@sanad/protocol/envelope/encryption'
import { type VerifiedRequest, receiveRequest } from '@sanad/protocol/envelope/request'
import { makeServerStatement } from '@sanad/protocol/envelope/server-statement'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import type { Certificate } from '@sanad/protocol/x509'
import type { Clock } from '../platform/clock.ts'
import type { HttpApp } from '../platform/http.ts'
import { translateError } from '../platform/http.ts'
import type { Answer } from './answers.ts'
import type { AnsweredRequest, CheckIns } from './check-ins.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { ReceivedRequest } from '@sanad/protocol/envelope/request'

/**
 * The devices’ door: signed and encrypted messages in, signed and encrypted answers out.
 *
 * To the sender every failure of authenticity looks the same; why a message was refused stays inside.
 */

/** The keys that answer devices; see response-key.ts of the certificates slice. */
export interface ServerKeys {
  /** @throws SanadError `hsm.unavailable` when the key has expired and cannot be renewed */
  current(): {
    readonly signer: AnswerSigner
    readonly encryption: AgreementKey
    readonly notAfter: number
  }
  findEncryptionKey(kid: string): AgreementKey | undefined
}

export interface DeviceDoorOptions {
  readonly serverId: string
  readonly clock: Clock
  readonly keys: ServerKeys
  readonly checkIns: CheckIns
  readonly registrations: Registrations
  /** How far the server’s own clock may be off, milliseconds. */
  readonly clockRadius: () => number
}

/** What the registration slice does with a message that shows certificates. */
export interface Registrations {
  /** @throws SanadError `message.*`, `hsm.*`, `server.overloaded` … */
  answer(
    received: ReceivedRequest,
    chain: readonly Certificate[],
    remoteAddress: string,
  ): Promise<AnsweredRequest>
}

const JOSE = 'application/jose'

/** Enrolment must never starve check-ins: a claim is dear, and anybody can make one. */
const CLAIMS_PER_ADDRESS = { burst: 60, perSecond: 4 }

const StatementQuery = Type.Object({ nonce: Nonce }, { additionalProperties: false })

export function deviceDoor(options: DeviceDoorOptions) {
  const claims = new RateLimiter(CLAIMS_PER_ADDRESS)

  return async (app: HttpApp): Promise<void> => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(JOSE, { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )

    app.get(
      '/device/v1/server',
      { schema: { querystring: StatementQuery } },
      async (request, reply) => {
        const statement = await stateServer(options, request.query.nonce)
        return reply.type(JOSE).send(statement)
      },
    )

    app.post<{ Body: string }>('/device/v1/messages', async (request, reply) => {
      const answer = await answerMessage(request.body, request.ip).catch((error: unknown) => {
        throw hideReason(error, (code) =>
          request.log.info({ requestId: request.id, code }, 'message refused'),
        )
      })
      return reply.type(JOSE).send(answer)
    })
  }

  async function answerMessage(text: unknown, remoteAddress: string): Promise<string> {
    if (typeof text !== 'string') throw new SanadError('request.unsupported-media-type')
    const received = receiveRequest(text, (kid) => options.keys.findEncryptionKey(kid))
    const { request, answer } = await takeRequest(received, remoteAddress)
    return sealAnswer(options, request, answer)
  }

  function takeRequest(received: ReceivedRequest, remoteAddress: string): Promise<AnsweredRequest> {
    const { claim } = received
    if (claim.kind === 'registered') return options.checkIns.submit(received, claim.thumbprint)
    if (!claims.admits(remoteAddress, options.clock())) throw new SanadError('request.rate-limited')
    return options.registrations.answer(received, claim.chain, remoteAddress)
  }
}

async function sealAnswer(
  { keys, serverId, clock }: DeviceDoorOptions,
  request: VerifiedRequest,
  answer: Answer,
): Promise<string> {
  const { signer } = keys.current()
  const sealed = { ...answer, request: request.envelope, issuer: serverId, at: clock() }
  try {
    return await makeAnswer<AnswerType>(sealed, signer)
  } catch (error) {
    // RFC 7748 §6.1: a one-time key that nothing can be agreed with. Its sender has only itself to blame.
    throw new SanadError('message.body-refused', 'replyTo', { cause: error })
  }
}

function stateServer(
  { keys, serverId, clock, clockRadius }: DeviceDoorOptions,
  nonce: string,
): Promise<string> {
  const { signer, encryption, notAfter } = keys.current()
  const midpoint = clock()
  const { kid, x } = encryption.public
  return makeServerStatement(
    {
      v: 1,
      iss: serverId,
      nonce,
      ts: formatTimestamp(midpoint),
      time: { midpoint, radius: clockRadius() },
      encryptionKey: { kid, kty: 'OKP', crv: 'X25519', x },
      notAfter: formatTimestamp(notAfter),
    },
    signer,
  )
}

/** One face for whatever is wrong with a message; what is wrong with us (503, 429) may be said. */
function hideReason(error: unknown, note: (code: string) => void): SanadError {
  const known = translateError(error)
  if (!known.code.startsWith('message.') && known.code !== 'request.malformed') return known
  note(known.code)
  return new SanadError('request.not-authentic', undefined, { cause: known })
}
