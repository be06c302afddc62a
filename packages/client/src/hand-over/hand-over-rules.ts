import { isAbsolute, resolve } from 'node:path'
import Type, { type Static } from 'typebox'
import type { DeviceIdentity } from '@sanad/protocol/domain/digital-id'
import { PLATFORM } from '../platform/platform.ts'

/** Which form of hand-over each L0 device gets: the first rule in client.yaml that fits it; without one, PEM. */

const closed = { additionalProperties: false } as const
const optional = Type.Optional
const Text = Type.String({ minLength: 1, maxLength: 256 })
const Path = Type.String({ minLength: 1, maxLength: 1024 })
const Seconds = Type.Integer({ minimum: 1, maximum: 300 })

const Reload = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('command'),
      command: Type.Array(Type.String({ maxLength: 1024 }), { minItems: 1, maxItems: 32 }),
      timeoutSeconds: optional(Seconds),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('http'),
      url: Type.String({ pattern: '^http://(127\\.0\\.0\\.1|\\[::1\\]):\\d{1,5}/[!-~]*$' }),
      timeoutSeconds: optional(Seconds),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('none') }, closed),
])

/** A member that is left out fits every device. */
const shared = {
  for: optional(
    Type.Object({ make: optional(Text), model: optional(Text), serialNo: optional(Text) }, closed),
  ),
  reload: optional(Reload),
} as const

export const HandOverRule = Type.Union([
  Type.Object({ kind: Type.Literal('pem'), ...shared }, closed),
  Type.Object(
    {
      kind: Type.Literal('pkcs12'),
      /** `{serialNo}` in it is replaced by the device’s. */
      path: Path,
      /** The same; default: the serial number. */
      alias: optional(Text),
      passwordFile: Path,
      form: optional(Type.Enum(['modern', 'legacy'])),
      withChain: optional(Type.Boolean()),
      ...shared,
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('pkcs11'),
      /** An absolute path. */
      module: Path,
      tokenLabel: Type.String({ minLength: 1, maxLength: 32 }),
      pinFile: Path,
      /** Of the certificate in the token; `{serialNo}`, which is the default, is replaced by the device’s. */
      label: optional(Text),
      environment: optional(Type.Record(Type.String({ pattern: '^[A-Z][A-Z0-9_]*$' }), Text)),
      ...shared,
    },
    closed,
  ),
])
export type HandOverRule = Static<typeof HandOverRule>

export function chooseRule(
  rules: readonly HandOverRule[],
  device: DeviceIdentity,
): HandOverRule | undefined {
  return rules.find(({ for: wanted = {} }) => {
    const { make = device.make, model = device.model, serialNo = device.serialNo } = wanted
    return make === device.make && model === device.model && serialNo === device.serialNo
  })
}

export const fillIn = (text: string, { serialNo }: DeviceIdentity): string =>
  text.replaceAll('{serialNo}', serialNo)

/** Paths in a configuration are relative to its file. */
export function resolveRule(rule: HandOverRule, base: string): HandOverRule {
  switch (rule.kind) {
    case 'pem':
      return rule
    case 'pkcs12':
      return {
        ...rule,
        path: resolve(base, rule.path),
        passwordFile: resolve(base, rule.passwordFile),
      }
    case 'pkcs11':
      return { ...rule, pinFile: resolve(base, rule.pinFile) }
  }
}

/** Checks what the schema of the rules cannot express. */
export function findRuleMistake(rule: HandOverRule): string | undefined {
  const { reload } = rule
  if (reload?.kind === 'command' && !isAbsolute(reload.command[0] ?? ''))
    return 'a reload command is not an absolute path'
  if (rule.kind !== 'pkcs11') return undefined
  if (!PLATFORM.programs.hasTokens) return 'kind pkcs11 is not supported on this operating system'
  return isAbsolute(rule.module) ? undefined : 'a module is not an absolute path'
}

/** A rule with a command decides what runs with the rights of the client, so its file must be trusted. */
export const namesProgram = ({ kind, reload }: HandOverRule): boolean =>
  kind === 'pkcs11' || reload?.kind === 'command'
