import { encodeBase64url } from '@sanad/protocol/base64url'
import { type Level, deviceSubject } from '@sanad/protocol/digital-id'
import { thumbprintOf } from '@sanad/protocol/envelope/certificates'
import { makeCertificationRequest } from '@sanad/protocol/envelope/certification-request'
import type { AgreementPublicKey } from '@sanad/protocol/envelope/encryption'
import { type Sender, makeRequest } from '@sanad/protocol/envelope/request'
import type { SignInput } from '@sanad/protocol/envelope/signing'
import type { DeviceInformation, RequestBody, RequestType } from '@sanad/protocol/messages'
import { SanadError } from '@sanad/protocol/problems'
import type { DeviceKeyStore } from '../key-stores/device-key-store.ts'
import type { DeviceVoucher } from '../key-stores/device-voucher.ts'
import type { DeviceState } from '../state/device-state.ts'
import { commonNameOf } from './accept-certificate.ts'

/** Makes a device's next message and the state in which it is pending, to be written before it is sent. */

export interface MessageContext {
  readonly keys: DeviceKeyStore
  readonly voucher: DeviceVoucher
  readonly serverId: string
  readonly recipient: AgreementPublicKey
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
  readonly information: DeviceInformation
  readonly installation: string
  readonly certificateInUse: RequestBody<'check-in'>['certificateInUse']
  readonly enrolmentSecret?: string
}

/** The chip, or on L0 the new key itself, speaks for the device. */
export async function makeRegistrationMessage(
  state: DeviceState,
  type: 'registration-challenge' | 'registration',
  context: MessageContext,
): Promise<DeviceState> {
  const { keyId } = requireKey(state)
  const { voucher } = context
  const body = type === 'registration' ? await makeRegistrationBody(state, context) : ({} as const)
  return makePending(state, type, body, context, {
    sender: { certificateChain: await voucher.registrationChain(keyId) },
    signInput: (input) => voucher.signRegistration(keyId, input),
  })
}

export function makeCheckInMessage(
  state: DeviceState,
  context: MessageContext,
): Promise<DeviceState> {
  const { keyId } = requireKey(state)
  const [leaf] = state.certificates ?? []
  if (leaf === undefined) throw new SanadError('client.state-damaged', 'no certificate')
  const { information, installation, certificateInUse } = context
  const body = { deviceInformation: information, installation, certificateInUse }
  return makePending(state, 'check-in', body, context, {
    sender: { thumbprint: thumbprintOf(Buffer.from(leaf, 'base64')) },
    signInput: (input) => context.keys.sign(keyId, input),
  })
}

async function makeRegistrationBody(
  state: DeviceState,
  { keys, information, enrolmentSecret }: MessageContext,
): Promise<RequestBody<'registration'>> {
  const { keyId, spki } = requireKey(state)
  const { challenge, level } = state
  if (challenge === undefined) throw new SanadError('client.state-damaged', 'no challenge')
  const csr = await makeCertificationRequest(
    {
      commonName: commonNameOf(state.identity),
      spki: Buffer.from(spki, 'base64'),
      challenge: challenge.nonce,
    },
    (input) => keys.sign(keyId, input),
  )
  return {
    nonce: challenge.nonce,
    csr: encodeBase64url(csr),
    level,
    ...(enrolmentSecret !== undefined && { enrolmentSecret }),
    deviceInformation: information,
  }
}

async function makePending<T extends RequestType>(
  state: DeviceState,
  type: T,
  body: RequestBody<T>,
  { voucher, serverId, recipient, now }: MessageContext,
  signer: { readonly sender: Sender; readonly signInput: SignInput },
): Promise<DeviceState> {
  const { digitalId, signed } = await voucher.signDigitalId(requireKey(state).keyId)
  // The chip of one device behind the SBI of another: the server would learn of a device that is not there.
  if (deviceSubject(digitalId) !== deviceSubject(state.identity))
    throw new SanadError('message.digital-id-mismatch', 'the SBI and the chip disagree')
  const sequence = nextSequence(state.sequence, state.level, now)
  const sent = await makeRequest<T>({
    type,
    body,
    seq: sequence,
    at: now,
    audience: serverId,
    digitalId,
    signedDigitalId: signed,
    recipient,
    ...signer,
  })
  const { text, mid, subject, signedDigitalId, replyKey } = sent
  const pkcs8 = replyKey.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
  return {
    ...state,
    sequence,
    pending: { type, text, mid, subject, signedDigitalId, replyKey: pkcs8, madeAt: now },
  }
}

/**
 * The first number is the time, so that a device goes on from there on whatever machine it is plugged into.
 * An L0 key is of one machine and counts by one: a copied state then shows as two messages of one number. An
 * L1 device may have been elsewhere meanwhile, so it never numbers below the time.
 */
export function nextSequence(last: number, level: Level, now: number): number {
  if (last === 0 || level === 'L1') return Math.max(last + 1, now)
  return last + 1
}

function requireKey({ key }: DeviceState): NonNullable<DeviceState['key']> {
  if (key === undefined) throw new SanadError('client.state-damaged', 'no key')
  return key
}
