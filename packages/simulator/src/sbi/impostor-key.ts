import type { Signer } from '../jws.ts'
import { SoftwareAuthority } from '../software-authority.ts'

/** An L0 clone: it has no certificate of the provider, so it vouches for itself and claims to be ready. */
export async function openImpostorKey(directory: string, serialNo: string): Promise<Signer> {
  const self = await SoftwareAuthority.open(
    directory,
    'impostor',
    {
      subject: { country: 'ET', organisation: 'Example Biometrics', commonName: serialNo },
      days: 365,
      keyBits: 2048,
    },
    new Date(),
  )
  return { key: self.key, certificates: [self.der] }
}
