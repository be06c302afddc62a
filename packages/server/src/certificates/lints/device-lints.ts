import type { Lint } from './lint.ts'
import { commonName } from './mosip/common-name.ts'
import { extensions } from './mosip/extensions.ts'
import { keySize } from './mosip/key-size.ts'
import { notAfter } from './mosip/not-after.ts'
import { notBefore } from './mosip/not-before.ts'
import { organisation } from './mosip/organisation.ts'
import { signatureAlgorithm } from './mosip/signature-algorithm.ts'
import { authorityKeyIdentifier } from './rfc5280/authority-key-identifier.ts'
import { basicConstraints } from './rfc5280/basic-constraints.ts'
import { commonNameLength } from './rfc5280/common-name-length.ts'
import { crlDistributionPoint } from './rfc5280/crl-distribution-point.ts'
import { extendedKeyUsage } from './rfc5280/extended-key-usage.ts'
import { issuerName } from './rfc5280/issuer-name.ts'
import { keyUsage } from './rfc5280/key-usage.ts'
import { serialNumber } from './rfc5280/serial-number.ts'
import { subjectKeyIdentifier } from './rfc5280/subject-key-identifier.ts'
import { subjectStrings } from './rfc5280/subject-strings.ts'
import { validityForm } from './rfc5280/validity-form.ts'

/** Every requirement on a device certificate, one file each. */
export const DEVICE_LINTS: readonly Lint[] = [
  signatureAlgorithm,
  serialNumber,
  issuerName,
  validityForm,
  notBefore,
  notAfter,
  subjectStrings,
  organisation,
  commonName,
  commonNameLength,
  keySize,
  extensions,
  basicConstraints,
  keyUsage,
  extendedKeyUsage,
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  crlDistributionPoint,
]
