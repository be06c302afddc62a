import { identifierIn, OID } from '@sanad/protocol/asn1/object-identifiers'
import { contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeBitString,
  encodeInteger,
  encodeSequence,
  encodeTagged,
  encodeTime,
} from '@sanad/protocol/asn1/write-der'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import type { StatementKind } from '../src/hsm/agent-protocol.ts'
import {
  basicConstraints,
  certificationRequestInfo,
  crlDistributionPoints,
  deviceRest,
  distributionPoint,
  ed25519Spki,
  extendedKeyUsage,
  extension,
  keyUsage,
  listEntry,
  listExtensions,
  nameOf,
  NOW,
  reasonCode,
  rsaSpki,
  sha384WithRsa,
  tbsCertificate,
  tbsCertList,
  type TbsParts,
} from '../src/hsm/agent/statements/sample-statements.ts'

/** Statements that the token signs, and those that it must not. */

export const own = rsaSpki(3072, { fill: 0x11 })

export const commandKey = rsaSpki(3072, { fill: 0x22 })

export const leaf = (parts: TbsParts, ...more: Uint8Array[]): Uint8Array =>
  tbsCertificate({ extensions: [basicConstraints(false), keyUsage(0), ...more], ...parts })

/** docs/adr/0010 */
export const former = {
  device: identifierIn('former', OID.mosipDeviceSigning),
  response: identifierIn('former', OID.managementResponse),
  command: identifierIn('former', OID.managementCommand),
}

const LEAF = [basicConstraints(false), keyUsage(0)]

/** With what a device certificate carries besides. */
export const device = (...own: Uint8Array[]): Uint8Array =>
  tbsCertificate({ extensions: [...own, ...deviceRest()] })

export const responseKey = (
  parts: TbsParts = {},
  usage: string = OID.managementResponse,
): Uint8Array =>
  leaf({ spki: ed25519Spki(), notAfter: NOW + 25 * HOUR_MS, ...parts }, extendedKeyUsage(usage))

const tlsKey = (parts: TbsParts = {}, ...usages: string[]): Uint8Array =>
  leaf(
    { notAfter: NOW + 90 * DAY_MS, ...parts },
    extendedKeyUsage(...(usages.length > 0 ? usages : [OID.serverAuthentication])),
  )

const commandCertificate = (
  parts: TbsParts = {},
  usage: string = OID.managementCommand,
): Uint8Array => leaf({ spki: commandKey, ...parts }, extendedKeyUsage(usage))

const root = (parts: TbsParts = {}): Uint8Array =>
  tbsCertificate({
    issuer: nameOf('Root'),
    subject: nameOf('Root'),
    spki: own,
    notAfter: NOW + 3650 * DAY_MS,
    extensions: [basicConstraints(true), keyUsage(5, 6)],
    ...parts,
  })

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const jws = (header: unknown, payload: unknown = { v: 1 }): Uint8Array =>
  Buffer.from(`${part(header)}.${part(payload)}`)

const COMMAND = { alg: 'RS256', typ: 'sanad-command+jws' }

const TRANSCRIPT = { alg: 'RS256', typ: 'sanad-transcript+jws' }

/** One statement of each kind as it should be. */
export const GOOD: Record<StatementKind, Uint8Array> = {
  'certification-request': certificationRequestInfo(own),
  'device-certificate': tbsCertificate(),
  'revocation-list': tbsCertList(),
  'management-root': root(),
  'response-key': responseKey(),
  'tls-key': tlsKey(),
  'command-key': commandCertificate(),
  transcript: jws(TRANSCRIPT),
  command: jws(COMMAND),
}

export const KINDS = Object.keys(GOOD) as StatementKind[]

const anyEku = '2.5.29.37.0'

const without = (bytes: Uint8Array, count: number): Uint8Array =>
  bytes.subarray(0, bytes.length - count)

export const BAD: Record<StatementKind, Record<string, Uint8Array>> = {
  'device-certificate': {
    'not v3': tbsCertificate({ version: 1 }),
    'signed by another algorithm': tbsCertificate({ algorithm: sha384WithRsa() }),
    'a CA': device(basicConstraints(true), keyUsage(0)),
    'with a path length': device(basicConstraints(false, encodeInteger(0)), keyUsage(0)),
    'without key usage': device(basicConstraints(false)),
    'that may sign certificates': device(keyUsage(0, 5)),
    'that may only sign certificates': device(keyUsage(5)),
    'that may encrypt keys': device(keyUsage(0, 2)),
    'for an RSA key of 1024 bits': tbsCertificate({ spki: rsaSpki(1024) }),
    'for an RSA key with exponent 3': tbsCertificate({ spki: rsaSpki(2048, { exponent: 3 }) }),
    'for an RSA key with an even exponent': tbsCertificate({
      spki: rsaSpki(2048, { exponent: 65_538 }),
    }),
    'for an RSA key with an even modulus': tbsCertificate({ spki: rsaSpki(2048, { last: 2 }) }),
    'for an Ed25519 key': tbsCertificate({ spki: ed25519Spki() }),
    'for the provider key itself': tbsCertificate({ spki: own }),
    'for the command key': tbsCertificate({ spki: commandKey }),
    'of a response key': leaf(
      {},
      crlDistributionPoints(),
      extendedKeyUsage(OID.managementResponse),
    ),
    'of a command key': leaf({}, crlDistributionPoints(), extendedKeyUsage(OID.managementCommand)),
    'of a response key, in the former form': leaf(
      {},
      crlDistributionPoints(),
      extendedKeyUsage(former.response),
    ),
    'of a TLS server': leaf(
      {},
      crlDistributionPoints(),
      extendedKeyUsage(OID.serverAuthentication),
    ),
    'for any use': leaf({}, crlDistributionPoints(), extendedKeyUsage(anyEku)),
    'of a device and a TLS server': leaf(
      {},
      crlDistributionPoints(),
      extendedKeyUsage(OID.mosipDeviceSigning, OID.serverAuthentication),
    ),
    'with an extension that has no place': device(
      ...LEAF,
      extension('2.5.29.30', encodeSequence()),
    ),
    'with an extension twice': device(...LEAF, keyUsage(0)),
    'for any use, because none is named': leaf({}, crlDistributionPoints()),
    'without a revocation list': leaf({}, extendedKeyUsage(OID.mosipDeviceSigning)),
    'with the name of a server': device(
      ...LEAF,
      extension(OID.subjectAlternativeName, encodeSequence()),
    ),
    'with a policy': device(...LEAF, extension('2.5.29.32', encodeSequence())),
    'that lives longer than the agent was told': tbsCertificate({
      notAfter: NOW + 90 * DAY_MS + 1000,
    }),
    'that lives for ten years': tbsCertificate({ notAfter: NOW + 3650 * DAY_MS }),
    'that begins in the future': tbsCertificate({
      notBefore: NOW + 2 * DAY_MS,
      notAfter: NOW + 30 * DAY_MS,
    }),
    'with a unique identifier': tbsCertificate({
      more: [encodeTagged(contextTag(1), encodeBitString(Uint8Array.of(1)))],
    }),
    'that ends before it begins': tbsCertificate({ notAfter: NOW - 1000 }),
    'with a short serial number': tbsCertificate({ serial: Uint8Array.of(5) }),
    'with a long serial number': tbsCertificate({ serial: new Uint8Array(21).fill(0x41) }),
    'without a subject': tbsCertificate({ subject: encodeSequence() }),
    'with bytes behind it': Buffer.concat([GOOD['device-certificate'], Uint8Array.of(0)]),
    'that is cut off': without(GOOD['device-certificate'], 1),
    'that is a digest': new Uint8Array(32).fill(9),
    'that is empty': new Uint8Array(0),
    'that is huge': new Uint8Array(20_000),
  },
  'response-key': {
    'that lives longer than 25 hours': responseKey({ notAfter: NOW + 25 * HOUR_MS + 1000 }),
    'that begins in the future': responseKey({
      notBefore: NOW + 2 * DAY_MS,
      notAfter: NOW + 3 * DAY_MS,
    }),
    'of RSA': responseKey({ spki: rsaSpki(2048) }),
    'for the use of a command key': responseKey({}, OID.managementCommand),
    'for that use in the former form': responseKey({}, former.command),
    'for its use in both forms': leaf(
      { spki: ed25519Spki(), notAfter: NOW + DAY_MS },
      extendedKeyUsage(OID.managementResponse, former.response),
    ),
    'for any use': responseKey({}, anyEku),
    'without extended usage': leaf({ spki: ed25519Spki(), notAfter: NOW + DAY_MS }),
    'that is a CA': tbsCertificate({
      spki: ed25519Spki(),
      notAfter: NOW + DAY_MS,
      extensions: [basicConstraints(true), keyUsage(0), extendedKeyUsage(OID.managementResponse)],
    }),
  },
  'tls-key': {
    'that lives longer than 90 days': tlsKey({ notAfter: NOW + 90 * DAY_MS + 1000 }),
    'that begins in the future': tlsKey({
      notBefore: NOW + 2 * DAY_MS,
      notAfter: NOW + 30 * DAY_MS,
    }),
    'of 1024 bits': tlsKey({ spki: rsaSpki(1024) }),
    'of this token': tlsKey({ spki: own }),
    'with a second use': tlsKey({}, OID.serverAuthentication, OID.managementResponse),
    'with another use': tlsKey({}, OID.managementResponse),
    'without a use': leaf({}),
  },
  'command-key': {
    'that lives longer than any plan says': commandCertificate({ notAfter: NOW + 3665 * DAY_MS }),
    'that begins in the future': commandCertificate({
      notBefore: NOW + 2 * DAY_MS,
      notAfter: NOW + 300 * DAY_MS,
    }),
    'that is not in this token': commandCertificate({ spki: rsaSpki(3072) }),
    'that has another purpose here': commandCertificate({ spki: own }),
    'for another use': commandCertificate({}, OID.managementResponse),
  },
  'management-root': {
    'that lives longer than any plan says': root({ notAfter: NOW + 7500 * DAY_MS }),
    'for another key': root({ spki: rsaSpki(3072) }),
    'under another name': root({ issuer: nameOf('Other') }),
    'that is no CA': root({ extensions: [basicConstraints(false), keyUsage(5, 6)] }),
    'without constraints': root({ extensions: [keyUsage(5, 6)] }),
    'that may not sign certificates': root({ extensions: [basicConstraints(true), keyUsage(6)] }),
    'that may encrypt': root({ extensions: [basicConstraints(true), keyUsage(5, 2)] }),
    'with an extended use': root({
      extensions: [basicConstraints(true), keyUsage(5), extendedKeyUsage(OID.serverAuthentication)],
    }),
  },
  'certification-request': {
    'for another key': certificationRequestInfo(rsaSpki(3072)),
    'of another version': certificationRequestInfo(own, 1),
    'that is a certificate': tbsCertificate({ spki: own }),
  },
  'revocation-list': {
    'of v1': tbsCertList({ version: [] }),
    'of a later version': tbsCertList({ version: [encodeInteger(2)] }),
    'signed by another algorithm': tbsCertList({ algorithm: sha384WithRsa() }),
    'without the next update': tbsCertList({ nextUpdate: [] }),
    'that ends before it begins': tbsCertList({ nextUpdate: [encodeTime(new Date(NOW - DAY_MS))] }),
    'with an entry that is none': tbsCertList({ entries: [encodeSequence(encodeInteger(1))] }),
    'that speaks for more than two days': tbsCertList({
      nextUpdate: [encodeTime(new Date(NOW + 2 * DAY_MS + 1000))],
    }),
    'with an entry that takes a revocation back': tbsCertList({
      entries: [listEntry(reasonCode(8))],
    }),
    'with an entry on hold': tbsCertList({ entries: [listEntry(reasonCode(6))] }),
    'with a critical reason': tbsCertList({ entries: [listEntry(reasonCode(1, true))] }),
    'with the entry of another issuer': tbsCertList({
      entries: [listEntry(reasonCode(1), extension('2.5.29.29', nameOf('Other'), true))],
    }),
    'without a distribution point': tbsCertList({ extensions: listExtensions().slice(0, 2) }),
    'without a number': tbsCertList({ extensions: listExtensions().toSpliced(1, 1) }),
    'with a distribution point that is not critical': tbsCertList({
      extensions: listExtensions(distributionPoint([1], false)),
    }),
    'that is indirect': tbsCertList({ extensions: listExtensions(distributionPoint([1, 4])) }),
    'for authorities': tbsCertList({ extensions: listExtensions(distributionPoint([2])) }),
    'that is a delta': tbsCertList({
      extensions: listExtensions(
        distributionPoint(),
        extension('2.5.29.27', encodeInteger(4), true),
      ),
    }),
  },
  transcript: {
    'that is a command': jws(COMMAND),
    'without a type': jws({ alg: 'RS256' }),
    'of another algorithm': jws({ ...TRANSCRIPT, alg: 'none' }),
  },
  command: {
    'that is a transcript': jws(TRANSCRIPT),
    'that is an answer to a device': jws({ alg: 'RS256', typ: 'sanad-answer+jws' }),
    'with the type twice': jws('{"alg":"RS256","typ":"x","typ":"sanad-command+jws"}'),
    'with spaces in its header': jws('{"alg": "RS256","typ":"sanad-command+jws"}'),
    'with a header member that has no place': jws({ ...COMMAND, b64: false }),
    'with a payload that is no object': jws(COMMAND, '[]'),
    'with a payload that is no JSON': jws(COMMAND, '{'),
    'with padding': Buffer.from(`${part(COMMAND)}.${part({ v: 1 })}==`),
    'with a third part': Buffer.from(`${part(COMMAND)}.${part({ v: 1 })}.`),
    'with one part': Buffer.from(part(COMMAND)),
    'that is no text': Uint8Array.of(0xff, 0xfe, 0x2e),
  },
}
