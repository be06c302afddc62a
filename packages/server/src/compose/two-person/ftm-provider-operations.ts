import type { NewFtmProvider } from '@sanad/protocol/operator-api/ftm-providers'
import type { SetFtmRevocation } from '@sanad/protocol/operator-api/ftm-revocation'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { readFtmProviderCertificate } from '../../models/ftm-certificate.ts'
import type { ProposedInput } from '../../operators/proposals/proposal-tables.ts'
import type { Radius, TwoPersonOperation } from '../../operators/proposals/two-person-operation.ts'
import type { FtmRevocation } from '../../revocation/ftm/ftm-revocation.ts'
import type { DeviceParts } from './device-operations.ts'
import { NO_DEVICES, change, differences } from './radius.ts'

/** Which chips count as genuine. */

export interface FtmParts extends DeviceParts {
  readonly revocation: Pick<FtmRevocation, 'describe'>
}

const idOf = ({ params }: ProposedInput): string =>
  (params as { readonly ftmProviderId: string }).ftmProviderId

const common = {
  kindOf: () => 'ftm-provider',
  permissions: () => ['ftm-provider:manage'],
} as const satisfies Partial<TwoPersonOperation>

export const addFtmProviderOperation = ({ clock }: FtmParts): TwoPersonOperation => ({
  ...common,
  target: ({ body }) => `ftm-provider-name:${(body as NewFtmProvider).name.normalize('NFC')}`,
  async readRadius({ body }) {
    const { name, certificatePem } = body as NewFtmProvider
    const { subject, sha256 } = readFtmProviderCertificate(certificatePem, clock())
    return {
      ...NO_DEVICES,
      subject: name,
      effects: [{ effect: 'chips-trusted', devices: null, when: 'next-registration' }],
      changes: [
        change('certificate', null, subject),
        change('certificateSha256', null, sha256.toString('hex')),
      ],
    }
  },
})

export const retireFtmProviderOperation = (parts: FtmParts): TwoPersonOperation => ({
  ...common,
  target: (input) => `ftm-provider:${idOf(input)}`,
  async readRadius(input) {
    const provider = await readProvider(parts, idOf(input))
    return {
      ...provider,
      effects: [{ effect: 'chips-refused', devices: provider.devices, when: 'next-registration' }],
      changes: [change('state', 'trusted', 'retired')],
    }
  },
})

export const setFtmRevocationOperation = (parts: FtmParts): TwoPersonOperation => ({
  ...common,
  async kindOf(input) {
    return (await readTerms(parts, input)).length === 0 ? undefined : 'ftm-provider'
  },
  target: (input) => `ftm-revocation:${idOf(input)}`,
  async readRadius(input) {
    const provider = await readProvider(parts, idOf(input))
    return {
      ...provider,
      effects: [{ effect: 'chip-lists-change', devices: null, when: 'next-registration' }],
      changes: [...(await readTerms(parts, input))],
    }
  },
})

async function readTerms({ revocation }: FtmParts, input: ProposedInput) {
  const { revocationPolicy, url } = await revocation.describe(idOf(input))
  const asked = input.body as SetFtmRevocation
  return differences(['revocationPolicy', 'url'], { revocationPolicy, url }, asked)
}

/** An index has model and state together; of a provider `p` there are few models. */
const OF_MODEL = sql`d.state = 'registered' and d.model_id = any(
  array(select m.model_id from device_model m where m.ftm_provider_id = p.ftm_provider_id))`

/** Whom it touches: registered devices whose chip it vouches for. @throws SanadError `ftm-provider.not-found` */
async function readProvider(
  { database }: FtmParts,
  ftmProviderId: string,
): Promise<Pick<Radius, 'devices' | 'connected' | 'subject'>> {
  const { rows } = await sql<Pick<Radius, 'devices' | 'connected' | 'subject'>>`
    select p.name as subject,
      (select count(*) from device d where ${OF_MODEL}) as devices,
      (select count(*) from channel_device k join device d using (device_id) where ${OF_MODEL}) as connected
    from ftm_provider p where p.ftm_provider_id = ${ftmProviderId}::uuid`.execute(database)
  const [provider] = rows
  if (provider === undefined) throw new SanadError('ftm-provider.not-found')
  return provider
}
