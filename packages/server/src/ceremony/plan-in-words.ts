import type { CeremonyPlan } from './ceremony-plan.ts'

/** What a plan will do, one line a step, for the attendees to read before the first. */
export function describePlan(plan: CeremonyPlan): readonly string[] {
  const { keys = {}, managementRoot, commandKey, providerRequest, providerCertificate } = plan
  return [
    ...Object.entries(keys).map(
      ([purpose, bits]) => `make the ${purpose} key in the HSM, RSA-${bits}, unless there is one`,
    ),
    'prove that no key of ours can leave the HSM',
    ...(managementRoot === undefined
      ? []
      : [`certify the management root “${managementRoot.commonName}”, ${years(managementRoot)}`]),
    ...(commandKey === undefined
      ? []
      : [`certify the command key “${commandKey.commonName}”, ${years(commandKey)}`]),
    ...(providerRequest === undefined
      ? []
      : [`write the request that the country is to sign, for “${providerRequest.commonName}”`]),
    ...(providerCertificate === undefined
      ? []
      : [
          `import ${providerCertificate.certificate} for ${providerCertificate.country}, ${providerCertificate.environment}`,
        ]),
    'sign the transcript of all this with the management root',
  ]
}

const years = (wanted: { readonly years: number }): string =>
  wanted.years === 1 ? 'for one year' : `for ${wanted.years} years`
