import { TAG } from '@sanad/protocol/asn1/tags'
import { encodeTagged } from '@sanad/protocol/asn1/write-der'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import type { DeviceKey } from '../device-key-store.ts'
import { type TokenSession, pkcs11 } from './pkcs11.ts'
import {
  type CertificateObject,
  destroyObjects,
  findCertificates,
  findKey,
  findKeys,
  supersededLabelOf,
} from './token-objects.ts'

/**
 * Which key is the active one: the one whose certificate carries the device’s label.
 *
 * A reader, the SBI, looks for that certificate and then for the private key with the same CKA_ID. PKCS#11 has no
 * step that changes two objects, so the order of single steps is chosen such that a reader never finds nothing:
 * for a moment two certificates may carry the label, of two keys that both work, and the younger one counts.
 */

export function listKeys(token: TokenSession, label: string): DeviceKey[] {
  const labelled = findCertificates(token, label)
  const superseded = findCertificates(token, supersededLabelOf(label))
  const keys = findKeys(token, label, 'private')
  const active = chooseYoungest(labelled.filter(({ id }) => keys.some((key) => key.id.equals(id))))
  return keys.map(({ keyId, id }): DeviceKey => {
    if (active?.id.equals(id) === true) return { keyId, state: 'active' }
    const wasActive = [...labelled, ...superseded].some((certificate) => certificate.id.equals(id))
    return { keyId, state: wasActive ? 'superseded' : 'pending' }
  })
}

/** MF §6.5: a later certificate never begins earlier. */
function chooseYoungest(certificates: readonly CertificateObject[]): CertificateObject | undefined {
  const begin = ({ der }: CertificateObject): number => parseCertificate(der).notBefore
  return certificates.toSorted((a, b) => begin(b) - begin(a))[0]
}

/**
 * 1. The certificates before are written again as superseded. 2. The new one is written with the label: from here
 * on the new key is the active one. 3. Those before lose theirs. Each step alone may be repeated.
 */
export function installCertificate(
  token: TokenSession,
  label: string,
  keyId: string,
  der: Uint8Array,
): void {
  const { spki } = parseCertificate(der)
  if (thumbprintOf(spki) !== keyId) throw new Error('the certificate is for another key')
  const { id } = findKey(token, label, keyId)
  const before = findCertificates(token, label)
  const superseded = findCertificates(token, supersededLabelOf(label))
  const others = before.filter((certificate) => !certificate.der.equals(der))
  for (const other of others)
    if (!other.id.equals(id) && !superseded.some((old) => old.der.equals(other.der)))
      writeCertificate(token, supersededLabelOf(label), other.id, other.der)
  if (others.length === before.length) writeCertificate(token, label, id, der)
  destroyObjects(token, others)
  destroyObjects(
    token,
    superseded.filter((old) => old.id.equals(id)),
  )
}

function writeCertificate(
  { module, session }: TokenSession,
  label: string,
  id: Buffer,
  der: Uint8Array,
): void {
  const { subject, issuer, serialNumber } = parseCertificate(der)
  module.C_CreateObject(session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_CERTIFICATE },
    { type: pkcs11.CKA_CERTIFICATE_TYPE, value: pkcs11.CKC_X_509 },
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_PRIVATE, value: false },
    { type: pkcs11.CKA_LABEL, value: label },
    { type: pkcs11.CKA_ID, value: id },
    { type: pkcs11.CKA_SUBJECT, value: Buffer.from(subject) },
    { type: pkcs11.CKA_ISSUER, value: Buffer.from(issuer) },
    { type: pkcs11.CKA_SERIAL_NUMBER, value: Buffer.from(encodeTagged(TAG.integer, serialNumber)) },
    { type: pkcs11.CKA_VALUE, value: Buffer.from(der) },
  ])
}

/** The certificate first: what a reader no longer finds, it does not use. Then both halves of the key. */
export function destroyKey(token: TokenSession, label: string, keyId: string): boolean {
  const wasActive = listKeys(token, label).some(
    (key) => key.keyId === keyId && key.state === 'active',
  )
  const halves = [...findKeys(token, label, 'private'), ...findKeys(token, label, 'public')].filter(
    (key) => key.keyId === keyId,
  )
  const certificates = [label, supersededLabelOf(label)]
    .flatMap((name) => findCertificates(token, name))
    .filter((certificate) => halves.some(({ id }) => id.equals(certificate.id)))
  destroyObjects(token, certificates)
  destroyObjects(token, halves)
  if (findKeys(token, label, 'private').some((key) => key.keyId === keyId))
    throw new Error('the token still has the key')
  return wasActive
}
