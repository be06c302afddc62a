/** The codes with which MOSIP refuses an uploaded certificate, spelled as MOSIP spells them. */
export const MOSIP_REFUSALS = {
  'KER-PCM-001': 'Invalid Certificate uploaded.',
  'KER-PCM-004': 'Certificate Dates are not valid.',
  'KER-PCM-006': 'Root CA/Intermediate CA Certificates not found.',
  'KER-PCM-007': 'Certificate version not supported.',
  'KER-PCM-008': 'Partner Organization Name not Matched.',
  'KER-PCM-013': 'Partner Certificate Key Size is less than allowed size.',
  'KER-PCM-014': 'Partner Certificate Signature algorithm not supported.',
  'KER-PCM-015': 'Self Signed Certificate not allowed as partner.',
  'KER-PMS-020': 'Future Dated Certificate not allowed to upload.',
  'KER-KMS-021': 'Certificate is valid for less than the minimum validity.',
} as const

export type MosipRefusalCode = keyof typeof MOSIP_REFUSALS

export class MosipRefusal extends Error {
  readonly errorCode: MosipRefusalCode

  constructor(errorCode: MosipRefusalCode, options?: ErrorOptions) {
    super(`${errorCode}: ${MOSIP_REFUSALS[errorCode]}`, options)
    this.name = 'MosipRefusal'
    this.errorCode = errorCode
  }
}
