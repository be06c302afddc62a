import { encodeBase64url } from '@sanad/protocol/text/base64url'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { makeCertificationRequest } from '@sanad/protocol/wire/envelope/certification-request'
import type { AgreementPublicKey } from '@sanad/protocol/wire/envelope/encryption'
import {
  type Sender,
  type SignedRequest,
  sealRequest,
  signRequest,
} from '@sanad/protocol/wire/envelope/request'
import type { SignInput } from '@sanad/protocol/wire/envelope/signing'
import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import type { RequestBody, RequestType } from '@sanad/protocol/wire/messages'
import { SanadError } from '@sanad/protocol/text/problems'
import { makeCommandsBody, markReported } from '../commands/report-commands.ts'
import { factsToSend, markSent } from '../facts/facts-delta.ts'
import type { DeviceKeyStore } from '../key-stores/device-key-store.ts'
import type { DeviceVoucher } from '../key-stores/device-voucher.ts'
import { writeReplyKey } from '../server-link/reply-key.ts'
import type { DeviceState, PendingRequest, Purge } from '../state/device-state.ts'
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
  /** All that is known now; what changed is sent. */
  readonly facts?: DeviceFacts
}

/** All that a signature needs; nothing about the recipient's encryption key. */
type SigningContext = Pick<MessageContext, 'keys' | 'voucher' | 'serverId' | 'now'>

/** The chip, or on L0 the new key itself, speaks for the device. */
export async function makeRegistrationMessage(
  state: DeviceState,
  type: 'registration-challenge' | 'registration',
  context: MessageContext,
): Promise<DeviceState> {
  const { keyId } = requireClaimant(state)
  const { voucher } = context
  const body = type === 'registration' ? await makeRegistrationBody(state, context) : ({} as const)
  return makePending(state, type, body, context, {
    keyId,
    sender: { certificateChain: await voucher.registrationChain(keyId) },
    signInput: (input) => voucher.signRegistration(keyId, input),
  })
}

export async function makeCheckInMessage(
  state: DeviceState,
  context: MessageContext,
): Promise<DeviceState> {
  const { information, installation, certificateInUse } = context
  const facts = context.facts && factsToSend(state, context.facts)
  const body = {
    deviceInformation: information,
    installation,
    certificateInUse,
    ...(facts && { facts }),
  }
  const next = await makePending(state, 'check-in', body, context, signedByKeyInUse(state, context))
  return facts === undefined ? next : markSent(next, facts, next.pending.mid)
}

/** Reports on commands, and asks for more. */
export async function makeCommandsMessage(
  state: DeviceState,
  context: MessageContext,
): Promise<DeviceState> {
  const body = makeCommandsBody(state)
  const next = await makePending(state, 'commands', body, context, signedByKeyInUse(state, context))
  return markReported(next, body, next.pending.mid)
}

/** Signed by the key in use; the new key proves inside that it is there, and for which certificate it comes. */
export async function makeRotationMessage(
  state: DeviceState,
  context: MessageContext,
): Promise<DeviceState> {
  const { successor } = state
  if (successor === undefined) throw new SanadError('client.state-damaged', 'no successor')
  const replaces = thumbprintInUse(state)
  const csr = await makeCsr(state, successor, replaces, context.keys)
  const signer = signedByKeyInUse(state, context)
  return makePending(state, 'key-rotation', { csr, replaces }, context, signer)
}

/** MDS 0.9.5 › Management Server Functionalities and Interactions, 4: the purge certificate, by the last key there was. */
export async function makePurge(
  state: DeviceState,
  keyIds: readonly string[],
  context: SigningContext,
): Promise<DeviceState> {
  const { purgeOrder: order = '' } = state
  const body = { keyIds: [...keyIds], order }
  const signer = signedByKeyInUse(state, context)
  const { sequence, signed } = await signMessage(state, 'key-purge', body, context, signer)
  const purge: Purge = { jws: signed.jws, ...toStored(signed, context.now) }
  return { ...state, sequence, purge, doomed: [...keyIds], progress: 'key-discarded' }
}

interface Signer {
  readonly keyId: string
  readonly sender: Sender
  readonly signInput: SignInput
}

function signedByKeyInUse(state: DeviceState, { keys }: Pick<MessageContext, 'keys'>): Signer {
  const { keyId } = requireKey(state)
  return {
    keyId,
    sender: { thumbprint: thumbprintInUse(state) },
    signInput: (input) => keys.sign(keyId, input),
  }
}

/** `x5t#S256` of the certificate in use. */
function thumbprintInUse({ certificates: [leaf] = [] }: DeviceState): string {
  if (leaf === undefined) throw new SanadError('client.state-damaged', 'no certificate')
  return thumbprintOf(Buffer.from(leaf, 'base64'))
}

async function makeRegistrationBody(
  state: DeviceState,
  { keys, information, enrolmentSecret }: MessageContext,
): Promise<RequestBody<'registration'>> {
  const { challenge, level, recovery } = state
  if (challenge === undefined) throw new SanadError('client.state-damaged', 'no challenge')
  return {
    nonce: challenge.nonce,
    csr: await makeCsr(state, requireClaimant(state), challenge.nonce, keys),
    level,
    ...(recovery !== undefined && { recovers: thumbprintInUse(state) }),
    ...(enrolmentSecret !== undefined && { enrolmentSecret }),
    deviceInformation: information,
  }
}

async function makeCsr(
  { identity }: DeviceState,
  { keyId, spki }: { readonly keyId: string; readonly spki: string },
  challenge: string,
  keys: DeviceKeyStore,
): Promise<string> {
  const csr = await makeCertificationRequest(
    { commonName: commonNameOf(identity), spki: Buffer.from(spki, 'base64'), challenge },
    (input) => keys.sign(keyId, input),
  )
  return encodeBase64url(csr)
}

async function makePending<T extends RequestType>(
  state: DeviceState,
  type: T,
  body: RequestBody<T>,
  context: MessageContext,
  signer: Signer,
): Promise<DeviceState & { readonly pending: PendingRequest }> {
  const { sequence, signed } = await signMessage(state, type, body, context, signer)
  const { text } = sealRequest(signed, context.recipient)
  return { ...state, sequence, pending: { type, text, ...toStored(signed, context.now) } }
}

async function signMessage<T extends RequestType>(
  state: DeviceState,
  type: T,
  body: RequestBody<T>,
  { voucher, serverId, now }: SigningContext,
  { keyId, ...signer }: Signer,
): Promise<{ readonly sequence: number; readonly signed: SignedRequest }> {
  const { digitalId, signed: signedDigitalId } = await voucher.signDigitalId(keyId)
  // The chip of one device behind the SBI of another: the server would hear of a device that does not exist.
  if (deviceSubject(digitalId) !== deviceSubject(state.identity))
    throw new SanadError('message.digital-id-mismatch', 'the SBI and the chip disagree')
  const sequence = nextSequence(state.sequence, state.level, now)
  const signed = await signRequest<T>({
    type,
    body,
    seq: sequence,
    at: now,
    audience: serverId,
    digitalId,
    signedDigitalId,
    ...signer,
  })
  return { sequence, signed }
}

/** What the answer will be checked against and opened with. */
function toStored({ mid, subject, signedDigitalId, replyKey }: SignedRequest, madeAt: number) {
  return { mid, subject, signedDigitalId, replyKey: writeReplyKey(replyKey), madeAt }
}

/**
 * The first number is the time, so that a device continues from there on any machine.
 * An L0 key is of one machine and counts by one: a copied state then shows as two messages of one number. An
 * L1 device may have been elsewhere meanwhile, so it never numbers below the time.
 */
export function nextSequence(last: number, level: Level, now: number): number {
  if (last === 0 || level === 'L1') return Math.max(last + 1, now)
  return last + 1
}

/** The key that a certificate is asked for: the first one, or the one that takes the place of an ended one. */
function requireClaimant(state: DeviceState): NonNullable<DeviceState['key']> {
  if (state.recovery === undefined) return requireKey(state)
  if (state.successor === undefined) throw new SanadError('client.state-damaged', 'no successor')
  return state.successor
}

function requireKey({ key }: DeviceState): NonNullable<DeviceState['key']> {
  if (key === undefined) throw new SanadError('client.state-damaged', 'no key')
  return key
}
