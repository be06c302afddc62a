import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../root.ts'
import type { Target } from '../targets.ts'

/** The native part of pkcs11js, for rules of `handOver` with `kind: pkcs11`. */

/** @returns undefined where it was not built for that computer: a package can be made without */
export function findNativeModule(target: Target): string | undefined {
  const isOwn = target === `${process.platform}-${process.arch}`
  const own = join(ROOT, 'node_modules/pkcs11js/build/Release/pkcs11.node')
  return isOwn && existsSync(own) ? own : undefined
}
