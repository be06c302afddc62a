import { DerReader, readChildren, readDer } from '@sanad/protocol/asn1/read-der'
import { TAG } from '@sanad/protocol/asn1/tags'
import type { Lint } from '../lint.ts'

export const subjectStrings: Lint = {
  id: 'rfc5280.subject-strings',
  source: 'RFC 5280 §4.1.2.4',
  requirement: 'Directory strings are PrintableString or UTF8String.',
  check({ certificate }) {
    const names = readChildren(readDer(certificate.subject)).flatMap(readChildren)
    const isRight = names.every((name) => {
      const pair = new DerReader(name)
      pair.next(TAG.objectIdentifier)
      const { tag } = pair.nextOfAny()
      return tag === TAG.utf8String || tag === TAG.printableString
    })
    return isRight ? undefined : 'the subject has a string of another type'
  },
}
