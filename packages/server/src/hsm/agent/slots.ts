import { SanadError } from '@sanad/protocol/text/problems'
import type { TokenIdentity } from '../hsm.ts'
import { isRefusal } from './faults.ts'
import { pkcs11, type Handle, type Module } from './pkcs11.ts'

/** Which token is ours. */

type TokenInfo = ReturnType<Module['C_GetTokenInfo']>

interface Candidate {
  readonly slot: Handle
  readonly info: TokenInfo
}

export interface WantedToken {
  readonly tokenLabel: string
  /** Needed where several tokens carry the label. */
  readonly tokenSerialNumber?: string
}

/**
 * By label, because slot numbers change from start to start; labels need not be unique, serial numbers are.
 *
 * @throws Pkcs11Error CKR_TOKEN_NOT_PRESENT: it may come back
 * @throws SanadError `hsm.token-ambiguous`
 */
export function findSlot(module: Module, wanted: WantedToken): Handle {
  const found = module.C_GetSlotList(true).flatMap((slot) => readCandidate(module, slot, wanted))
  const serialNumbers = new Set(found.map(({ info }) => readField(info.serialNumber)))
  if (serialNumbers.size > 1) {
    throw new SanadError(
      'hsm.token-ambiguous',
      `tokens labelled ${wanted.tokenLabel}: ${[...serialNumbers].join(', ')}`,
    )
  }
  // One token in several slots, as in a group for high availability: any of them will do.
  const [first] = found
  if (first === undefined) {
    throw new pkcs11.Pkcs11Error(
      'CKR_TOKEN_NOT_PRESENT:224',
      pkcs11.CKR_TOKEN_NOT_PRESENT,
      'C_GetSlotList',
    )
  }
  return first.slot
}

function readCandidate(
  module: Module,
  slot: Handle,
  { tokenLabel, tokenSerialNumber }: WantedToken,
): Candidate[] {
  const info = readTokenInfo(module, slot)
  if (info === undefined || readField(info.label) !== tokenLabel) return []
  const isOther =
    tokenSerialNumber !== undefined && readField(info.serialNumber) !== tokenSerialNumber
  return isOther ? [] : [{ slot, info }]
}

/** A slot beside ours whose token is gone, or unknown to the library, is none of our concern. */
function readTokenInfo(module: Module, slot: Handle): TokenInfo | undefined {
  try {
    return module.C_GetTokenInfo(slot)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return undefined
  }
}

export function identifyToken(module: Module, slot: Handle): TokenIdentity {
  const token = module.C_GetTokenInfo(slot)
  return {
    label: readField(token.label),
    manufacturer: readField(token.manufacturerID),
    model: readField(token.model),
    serialNumber: readField(token.serialNumber),
    firmwareVersion: `${token.firmwareVersion.major}.${token.firmwareVersion.minor}`,
    libraryDescription: describeLibrary(module),
  }
}

function describeLibrary(module: Module): string {
  try {
    const { manufacturerID, libraryDescription, libraryVersion } = module.C_GetInfo()
    return `${readField(manufacturerID)} ${readField(libraryDescription)} ${libraryVersion.major}.${libraryVersion.minor}`
  } catch (error) {
    if (!isRefusal(error)) throw error
    return 'unknown'
  }
}

/**
 * PKCS#11 pads with spaces. Some modules end a field with a zero byte and leave what was in the memory behind
 * it; control characters would spoil a log.
 */
export const readField = (text: string): string =>
  (text.split('\0', 1)[0] ?? '').replaceAll(/\p{Cc}/gu, '').trimEnd()
