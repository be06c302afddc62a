import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import { SECOND_MS } from '@sanad/protocol/text/durations'
import type { ProviderCertificates } from '../certificates/provider-certificates.ts'
import { type RotationPlan, planRotation } from './plan-rotation.ts'

/** When keys rotate, by what their certificates, policies, orders and provider certificates say now. */

export interface KeyInUse {
  /** Milliseconds since the epoch, as all times here. */
  readonly issuedAt: number
  readonly notAfter: number
  readonly providerCertificateId: string
  /** The window of an operator’s order that waits. */
  readonly orderStart: number | null
  readonly orderEnd: number | null
}

/** A leaf that ends with its issuer was cut short by it; certificates count in whole seconds. */

export class RotationPlanner {
  readonly #providers: ProviderCertificates

  constructor(providers: ProviderCertificates) {
    this.#providers = providers
  }

  plan(key: KeyInUse, policy: PolicySettings): RotationPlan {
    const { issuedAt, notAfter, orderStart: start, orderEnd: end } = key
    const renewedIssuerUntil = this.#findRenewal(key)
    return planRotation({
      certificate: { issuedAt, notAfter },
      policy,
      ...(start !== null && end !== null && { order: { start, end } }),
      ...(renewedIssuerUntil !== undefined && { renewedIssuerUntil }),
    })
  }

  /** MF §11.2: the provider certificate of a market is renewed every year, beside the one that ends. */
  #findRenewal({ notAfter, providerCertificateId }: KeyInUse): number | undefined {
    const known = this.#providers.list()
    const above = known.find(({ id }) => id === providerCertificateId)
    if (above === undefined || notAfter + SECOND_MS < above.certificate.notAfter) return undefined
    const renewals = known.filter(
      ({ isActive, country, environment, certificate }) =>
        isActive &&
        country === above.country &&
        environment === above.environment &&
        certificate.notAfter > above.certificate.notAfter,
    )
    if (renewals.length === 0) return undefined
    return Math.max(...renewals.map(({ certificate }) => certificate.notAfter))
  }
}
