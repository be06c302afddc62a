import type { DeviceIdentity } from '@sanad/protocol/domain/digital-id'
import { type HandOverRule, fillIn } from './hand-over-rules.ts'
import type { HandOver } from './hand-over.ts'
import { MovingHandOver } from './moving-hand-over.ts'
import { PLATFORM } from '../platform/platform.ts'
import { PemFileHandOver } from './pem-file-hand-over.ts'
import { PemHandOver } from './pem-hand-over.ts'
import { Pkcs12HandOver } from './pkcs12-hand-over.ts'
import { ReloadingHandOver } from './reloading-hand-over.ts'

/** The forms that give the SBI a key; with `pkcs11` the key stays where it is, and the key store is another. */
export type FileRule = Exclude<HandOverRule, { kind: 'pkcs11' }>

/** A new form is one more case here, and one more object in {@link HandOverRule}. */
export function openHandOver(
  rule: FileRule,
  device: DeviceIdentity,
  handOverDirectory: string,
): HandOver {
  const { reload } = rule
  const handOver = openForm(rule, device, handOverDirectory)
  return reload === undefined ? handOver : new ReloadingHandOver(handOver, reload)
}

function openForm(rule: FileRule, device: DeviceIdentity, handOverDirectory: string): HandOver {
  const pem = PLATFORM.disk.turnsLinks
    ? new PemHandOver(handOverDirectory, device.serialNo)
    : new PemFileHandOver(handOverDirectory, device.serialNo)
  switch (rule.kind) {
    case 'pem':
      return pem
    case 'pkcs12': {
      const pkcs12 = new Pkcs12HandOver({
        path: fillIn(rule.path, device),
        alias: fillIn(rule.alias ?? '{serialNo}', device),
        passwordFile: rule.passwordFile,
        form: rule.form ?? 'modern',
        withChain: rule.withChain ?? false,
      })
      // A device that had PEM files, the default, before there was a rule for it.
      return new MovingHandOver(pkcs12, pem)
    }
  }
}
