import { DerReader } from '@sanad/protocol/asn1/read-der'
import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import type { Lint } from '../lint.ts'

const YEAR_2050 = Date.UTC(2050, 0)

export const validityForm: Lint = {
  id: 'rfc5280.validity-form',
  source: 'RFC 5280 §4.1.2.5',
  requirement: 'Dates through 2049 are UTCTime, dates from 2050 are GeneralizedTime.',
  check({ certificate }) {
    const fields = DerReader.ofSequence(certificate.tbs)
    fields.next(contextTag(0))
    fields.next(TAG.integer)
    fields.next(TAG.sequence)
    fields.next(TAG.sequence)
    const validity = fields.sequence()
    const isRight = [certificate.notBefore, certificate.notAfter].every(
      (at) => (validity.nextOfAny().tag === TAG.utcTime) === at < YEAR_2050,
    )
    return isRight ? undefined : 'a date has the form of the other half-century'
  },
}
