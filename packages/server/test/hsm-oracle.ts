import { generateKeyPairSync } from 'node:crypto'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { KEY_USAGE } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { encodeSigningInput } from '@sanad/protocol/wire/envelope/compact'
import {
  encodeAuthority,
  encodeEndEntity,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
} from '../src/certificates/der/extensions.ts'
import {
  encodeManagementRoot,
  encodeProviderRequest,
} from '../src/certificates/management-profiles.ts'
import { tbsCertList } from '../src/hsm/agent/statements/sample-statements.ts'
import type { Hsm, HsmKey } from '../src/hsm/hsm.ts'
import { device, deviceTbs, ed25519, NOW } from './hsm-samples.ts'

interface Held {
  readonly hsm: Hsm
  readonly provider: HsmKey
  readonly root: HsmKey
  readonly command: HsmKey
}

/**
 * What the keys of an HSM must never sign: each with how it is asked for.
 *
 * @param held read when one is asked for: while tests are collected, no key is there
 */
export function statementsToRefuse(
  held: () => Held,
): readonly [string, () => Promise<Uint8Array>][] {
  const extensions = (...more: Uint8Array[]) => [
    encodeEndEntity(),
    encodeKeyUsage(KEY_USAGE.digitalSignature),
    ...more,
  ]
  return [
    [
      'bytes that are no certificate',
      () => held().hsm.signDeviceCertificate(held().provider.id, Buffer.from('sign me')),
    ],
    ['a digest', () => held().hsm.signDeviceCertificate(held().provider.id, Buffer.alloc(32, 7))],
    [
      'a device certificate that is a CA',
      () =>
        held().hsm.signDeviceCertificate(
          held().provider.id,
          deviceTbs({ extensions: [encodeAuthority(0), encodeKeyUsage(KEY_USAGE.keyCertSign)] }),
        ),
    ],
    [
      'a device certificate that may sign certificates',
      () =>
        held().hsm.signDeviceCertificate(
          held().provider.id,
          deviceTbs({
            extensions: [
              encodeEndEntity(),
              encodeKeyUsage(KEY_USAGE.digitalSignature, KEY_USAGE.keyCertSign),
            ],
          }),
        ),
    ],
    [
      'a device certificate for an Ed25519 key',
      () => held().hsm.signDeviceCertificate(held().provider.id, deviceTbs({ spki: ed25519 })),
    ],
    [
      'a device certificate for a short RSA key',
      () =>
        held().hsm.signDeviceCertificate(
          held().provider.id,
          deviceTbs({
            spki: generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
              type: 'spki',
              format: 'der',
            }),
          }),
        ),
    ],
    [
      'a device certificate that passes for a response key',
      () =>
        held().hsm.signDeviceCertificate(
          held().provider.id,
          deviceTbs({ extensions: extensions(encodeExtendedKeyUsage(OID.managementResponse)) }),
        ),
    ],
    [
      'a device certificate that passes for a TLS server',
      () =>
        held().hsm.signDeviceCertificate(
          held().provider.id,
          deviceTbs({ extensions: extensions(encodeExtendedKeyUsage(OID.serverAuthentication)) }),
        ),
    ],
    [
      'a device certificate under the management root',
      () => held().hsm.signDeviceCertificate(held().root.id, deviceTbs()),
    ],
    [
      'a response key for a year',
      () =>
        held().hsm.certifyResponseKey(
          held().root.id,
          deviceTbs({
            spki: ed25519,
            days: 365,
            extensions: extensions(encodeExtendedKeyUsage(OID.managementResponse)),
          }),
        ),
    ],
    [
      'a response key of RSA',
      () =>
        held().hsm.certifyResponseKey(
          held().root.id,
          deviceTbs({
            days: 1,
            extensions: extensions(encodeExtendedKeyUsage(OID.managementResponse)),
          }),
        ),
    ],
    [
      'a TLS key without its usage',
      () => held().hsm.certifyTlsKey(held().root.id, deviceTbs({ days: 30 })),
    ],
    [
      'a TLS key under the provider key',
      () =>
        held().hsm.certifyTlsKey(
          held().provider.id,
          deviceTbs({
            days: 30,
            extensions: extensions(encodeExtendedKeyUsage(OID.serverAuthentication)),
          }),
        ),
    ],
    [
      'a root for another key',
      () =>
        held().hsm.signManagementRoot(
          held().root.id,
          encodeManagementRoot({ organisation: 'Acme', commonName: 'Root' }, device, {
            notBefore: new Date(NOW),
            notAfter: new Date(NOW + DAY_MS),
          }),
        ),
    ],
    [
      'a request for another key',
      () =>
        held().hsm.signCertificationRequest(
          held().provider.id,
          encodeProviderRequest({ organisation: 'Acme', commonName: 'A' }, device),
        ),
    ],
    [
      'a command with the typ of a transcript',
      () =>
        held().hsm.signCommand(
          held().command.id,
          encodeSigningInput({ alg: 'RS256', typ: 'sanad-transcript+jws' }, {}),
        ),
    ],
    [
      'a command under the management root',
      () =>
        held().hsm.signCommand(
          held().root.id,
          encodeSigningInput({ alg: 'RS256', typ: 'sanad-command+jws' }, {}),
        ),
    ],
    [
      'a revocation list under the management root',
      () => held().hsm.signRevocationList(held().root.id, tbsCertList()),
    ],
    [
      'an answer, which only response keys sign',
      () =>
        held().hsm.signCommand(
          held().command.id,
          encodeSigningInput({ alg: 'EdDSA', typ: 'sanad-answer+jws' }, {}),
        ),
    ],
  ]
}
