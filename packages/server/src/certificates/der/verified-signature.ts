import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { attachSignature } from './certificate-structure.ts'

/**
 * Certificate or request out of what was signed, once the signature is seen to hold. A faulty RSA signature
 * gives the private key away to everyone who sees it (the attack of Boneh, DeMillo and Lipton), so it goes nowhere.
 *
 * @throws SanadError `hsm.unavailable`
 */
export function attachVerifiedSignature(
  signed: Uint8Array,
  signature: Uint8Array,
  signer: KeyObject,
): Uint8Array {
  if (!verify('sha256', signed, signer, signature)) {
    throw new SanadError('hsm.unavailable', 'the HSM returned a wrong signature')
  }
  return attachSignature(signed, signature)
}

export const importSigner = (spki: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
