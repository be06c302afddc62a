import { readDer } from '@sanad/protocol/asn1/read-der'
import { SanadError } from '@sanad/protocol/text/problems'
import { findObjects, readAttribute } from './attributes.ts'
import { CKA_PUBLIC_KEY_INFO, pkcs11, type Handle, type Module } from './pkcs11.ts'
import { readPublicKey } from './statements/tbs-certificate.ts'

/** The public half of a private key, wherever the token shows it. */
export interface RsaNumbers {
  readonly modulus: Uint8Array
  readonly exponent: Uint8Array
}

/** All our keys are made with it; the first signature of a key is verified, which finds any other. */
const EXPONENT_65537 = Uint8Array.of(1, 0, 1)

/**
 * In order: the private key’s own attributes, its SubjectPublicKeyInfo, the public key object of one CKA_ID.
 *
 * @param publicHandle the public key object, where it is known
 * @throws SanadError `hsm.public-key-hidden`
 */
export function readRsaNumbers(
  module: Module,
  session: Handle,
  handle: Handle,
  publicHandle?: Handle,
): RsaNumbers {
  const numbers =
    readNumbers(module, session, handle) ??
    readPublicKeyInfo(module, session, handle) ??
    readNumbersOfPublicKey(module, session, publicHandle ?? findPublic(module, session, handle))
  if (numbers === undefined) {
    throw new SanadError('hsm.public-key-hidden', 'CKA_MODULUS is readable on no object of the key')
  }
  return numbers
}

function readNumbers(module: Module, session: Handle, handle: Handle): RsaNumbers | undefined {
  const modulus = readAttribute(module, session, handle, pkcs11.CKA_MODULUS)
  if ('lacking' in modulus) return undefined
  const exponent = readAttribute(module, session, handle, pkcs11.CKA_PUBLIC_EXPONENT)
  return {
    modulus: withoutZeros(modulus.value),
    exponent: 'lacking' in exponent ? EXPONENT_65537 : withoutZeros(exponent.value),
  }
}

const readNumbersOfPublicKey = (module: Module, session: Handle, handle: Handle | undefined) =>
  handle === undefined ? undefined : readNumbers(module, session, handle)

function readPublicKeyInfo(
  module: Module,
  session: Handle,
  handle: Handle,
): RsaNumbers | undefined {
  const info = readAttribute(module, session, handle, CKA_PUBLIC_KEY_INFO)
  if ('lacking' in info) return undefined
  try {
    const key = readPublicKey(readDer(info.value))
    return 'modulus' in key ? key : undefined
  } catch {
    // Not DER: the module has something else there.
    return undefined
  }
}

/** By CKA_ID or label, and only if exactly one public key has it: the wrong one would name the key wrongly. */
function findPublic(module: Module, session: Handle, handle: Handle): Handle | undefined {
  for (const type of [pkcs11.CKA_ID, pkcs11.CKA_LABEL]) {
    const mark = readAttribute(module, session, handle, type)
    if ('lacking' in mark) continue
    const found = findObjects(module, session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
      { type, value: mark.value },
    ])
    if (found.length === 1) return found[0]
  }
  return undefined
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first <= 0 ? bytes : bytes.subarray(first)
}
