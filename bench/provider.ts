import { join } from 'node:path'
import type { NewModel } from '@sanad/protocol/operator-api/models'
import { DeviceCertificateIssuer } from '../packages/server/src/certificates/device-certificate-issuer.ts'
import {
  DEFAULT_ISSUANCE_POLICY,
  type IssuancePolicy,
} from '../packages/server/src/certificates/device-validity.ts'
import { ProviderCertificates } from '../packages/server/src/certificates/provider-certificates.ts'
import { FtmProviderRegistry } from '../packages/server/src/models/ftm-provider-registry.ts'
import { ModelRegistry } from '../packages/server/src/models/model-registry.ts'
import type { HsmConfig } from '../packages/server/src/hsm/hsm-config.ts'
import { hsmConfigOf } from '../packages/server/src/hsm/hsm-of-config.ts'
import { Pkcs11Hsm } from '../packages/server/src/hsm/pkcs11-hsm.ts'
import { loadConfig } from '../packages/server/src/platform/config.ts'
import { FtmProvider } from '../packages/simulator/src/ftm/ftm-provider.ts'
import {
  DEVICE_PROVIDER,
  FACE_CAMERA,
  FINGERPRINT_SLAP,
  FTM_PROVIDER,
} from '../packages/simulator/src/profiles.ts'
import type { DeviceProfile } from '../packages/simulator/src/sbi/device-profile.ts'
import type { Site } from './site.ts'

/** What the server's own parts are made of, held by this process: token, issuer, models. */
export interface Provider extends AsyncDisposable {
  readonly issuer: DeviceCertificateIssuer
  readonly policy: IssuancePolicy
  /** CKA_ID of the key that signs. */
  readonly keyId: string
  readonly hsmConfig: HsmConfig
}

export async function openProvider({ paths, database }: Site): Promise<Provider> {
  const config = await loadConfig(paths.serverConfiguration)
  const hsmConfig = hsmConfigOf(config)
  const hsm = await Pkcs11Hsm.open(hsmConfig)
  const providers = await ProviderCertificates.open(database.database)
  return {
    hsmConfig,
    keyId: providers.choose(Date.now()).hsmKeyId,
    issuer: new DeviceCertificateIssuer({ hsm, providers }),
    policy: { ...DEFAULT_ISSUANCE_POLICY, crlBaseUrl: config.revocationListUrl },
    [Symbol.asyncDispose]: () => hsm.close(),
  }
}

export interface Models {
  readonly ftm: FtmProvider
  /** Ids of the models. */
  readonly L0: string
  readonly L1: string
}

export const PROFILE_OF_LEVEL = { L0: FACE_CAMERA, L1: FINGERPRINT_SLAP } as const

const modelsOf = new WeakMap<Site, Promise<Models>>()

/** The same for all benchmarks of a site. */
export function createModels(site: Site): Promise<Models> {
  const made = modelsOf.get(site) ?? makeModels(site)
  modelsOf.set(site, made)
  return made
}

/** A maker of chips with an intermediate authority: digital IDs as long as they get. */
async function makeModels({ paths, database }: Site): Promise<Models> {
  const ftm = await FtmProvider.open(join(paths.directory, 'ftm'), {
    organisation: FTM_PROVIDER,
    withIntermediate: true,
  })
  const added = await new FtmProviderRegistry(database.database, Date.now).add(
    { name: FTM_PROVIDER, certificatePem: ftm.root.pem },
    'command-line',
  )
  const models = new ModelRegistry(database.database, Date.now)
  const create = async (profile: DeviceProfile, proof: object): Promise<string> => {
    const { make, model, type: deviceType, deviceSubType, level } = profile
    const identity = {
      make,
      model,
      deviceType,
      deviceSubType,
      level,
      ...DEVICE_PROVIDER,
    } as NewModel
    return (await models.create({ ...identity, ...proof }, 'command-line')).modelId
  }
  return {
    ftm,
    L0: await create(PROFILE_OF_LEVEL.L0, { l0Policy: 'operator-approval' }),
    L1: await create(PROFILE_OF_LEVEL.L1, { ftmProviderId: added.ftmProviderId }),
  }
}
