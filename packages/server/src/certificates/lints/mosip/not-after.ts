import type { Lint } from '../lint.ts'

export const notAfter: Lint = {
  id: 'mosip.not-after',
  source: 'MF §2.4c',
  requirement: 'A device certificate does not outlive its issuer.',
  check({ certificate, provider }) {
    if (certificate.notAfter <= certificate.notBefore) return 'it ends before it begins'
    return certificate.notAfter > provider.notAfter ? 'past the provider certificate' : undefined
  },
}
