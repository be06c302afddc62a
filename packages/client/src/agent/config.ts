import { dirname, resolve } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parse } from 'yaml'
import { describeMistake } from '@sanad/command-line/configuration-mistake'
import { readProxySetting } from '@sanad/outbound/make-proxy'
import { ProxySetting, resolveProxyPaths } from '@sanad/outbound/proxy-setting'
import { SanadError } from '@sanad/protocol/text/problems'
import { SBI_PORTS } from '../discovery/port-range.ts'
import { requireTrustedFile } from '../base/private-folder.ts'
import {
  HandOverRule,
  findRuleMistake,
  namesProgram,
  resolveRule,
} from '../hand-over/hand-over-rules.ts'
import { readNamedFile } from './named-file.ts'

/** The client's configuration: one YAML or JSON file; unknown keys stop the start. It holds no secret. */

const closed = { additionalProperties: false } as const
const optional = Type.Optional
const Path = Type.String({ minLength: 1, maxLength: 1024 })
const Port = Type.Integer({ minimum: 1024, maximum: 65_535 })

export const ClientConfig = Type.Object(
  {
    /** `https://name[:port]`, and nothing after it. */
    serverUrl: Type.String({ pattern: '^https://[^/?#@]+/?$' }),
    /** The name of the server in every message, as its operator gave it. */
    serverId: Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9.-]+$' }),
    /** PEM file of the management root, or of two while it is being replaced. */
    managementRoot: Path,
    /** The HTTP proxy between this computer and the server; without it the client connects directly. */
    proxy: optional(ProxySetting),
    stateDirectory: Path,
    /** Where the drivers of L1 devices have their chip links. */
    chipDirectory: Path,
    /** Where the SBIs of L0 devices find key and certificate. */
    handOverDirectory: Path,
    /** How they get them: the first rule that fits a device; without one, PEM files in that folder. */
    handOver: optional(Type.Array(HandOverRule, { maxItems: 256 })),
    /** Default: 4501 to 4600, as MOSIP has it. */
    portRange: optional(Type.Object({ from: Port, to: Port }, closed)),
    /** How patient the client is with the SBIs of this computer. */
    sbi: optional(
      Type.Object(
        {
          /** Longest silence that is waited for; default: 10, as MOSIP's registration client. */
          answerSeconds: optional(Type.Integer({ minimum: 1, maximum: 60 })),
          /** From when on a device whose SBI does not answer counts as gone; default: 30. */
          goneAfterSeconds: optional(Type.Integer({ minimum: 5, maximum: 600 })),
        },
        closed,
      ),
    ),
    /** A folder with one file a serial number; L0 devices that came with a secret. */
    enrolmentSecrets: optional(Path),
    /** Where the SBIs of this computer read trusted time; off without it. */
    sbiTime: optional(
      Type.Object(
        {
          directory: Path,
          /** Of the SBIs' account, by name or number; without it only the client's own account reads. */
          group: optional(Type.String({ pattern: '^(?:[a-z_][a-z0-9_-]{0,31}|[0-9]{1,9})$' })),
          /** Of `GET /time` on 127.0.0.1, outside the range where SBIs are looked for; without it there is the file only. */
          port: optional(Port),
        },
        closed,
      ),
    ),
    /** Instead of standard output; two files of ten megabytes at most. */
    logFile: optional(Path),
    logLevel: optional(Type.Enum(['debug', 'info', 'warn', 'error', 'silent'])),
  },
  closed,
)
export type ClientConfig = Static<typeof ClientConfig>

const check = Compile(ClientConfig)

/** Paths in it are relative to the file. @throws SanadError `client.configuration-invalid`, naming the place, never the value; `client.permissions-too-open` */
export async function loadConfig(path: string): Promise<ClientConfig> {
  const value = parseText(await readNamedFile(path), path)
  if (!check.Check(value))
    throw invalid(`${path}: ${describeMistake(ClientConfig, check.Errors(value))}`)
  const { portRange } = value
  if (portRange !== undefined && portRange.from > portRange.to)
    throw invalid(`${path}/portRange: from is after to`)
  requireOwnPort(value, path)
  requireProxy(value, path)
  const mistake = value.handOver?.map(findRuleMistake).find((found) => found !== undefined)
  if (mistake !== undefined) throw invalid(`${path}/handOver: ${mistake}`)
  if (value.handOver?.some(namesProgram) === true) await requireTrustedFile(path)
  return resolvePaths(value, dirname(resolve(path)))
}

function requireProxy({ proxy }: ClientConfig, path: string): void {
  try {
    readProxySetting(proxy)
  } catch (error) {
    throw invalid(`${path}/proxy: ${error instanceof Error ? error.message : ''}`)
  }
}

/** MDS 0.9.5 › Device Discovery: the client asks every program that listens in that range whether it is an SBI. */
function requireOwnPort({ sbiTime, portRange = SBI_PORTS }: ClientConfig, path: string): void {
  const port = sbiTime?.port
  if (port !== undefined && port >= portRange.from && port <= portRange.to)
    throw invalid(`${path}/sbiTime/port: in the range of the SBIs`)
}

/** JSON is YAML. */
function parseText(text: string, path: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 }) as unknown
  } catch (error) {
    throw invalid(`${path} is not YAML`, error)
  }
}

function resolvePaths(config: ClientConfig, base: string): ClientConfig {
  const { enrolmentSecrets, handOver, proxy, sbiTime, logFile } = config
  return {
    ...config,
    managementRoot: resolve(base, config.managementRoot),
    stateDirectory: resolve(base, config.stateDirectory),
    chipDirectory: resolve(base, config.chipDirectory),
    handOverDirectory: resolve(base, config.handOverDirectory),
    ...(proxy !== undefined && {
      proxy: resolveProxyPaths(proxy, (file) => resolve(base, file)),
    }),
    ...(handOver && { handOver: handOver.map((rule) => resolveRule(rule, base)) }),
    ...(sbiTime && { sbiTime: { ...sbiTime, directory: resolve(base, sbiTime.directory) } }),
    ...(logFile !== undefined && { logFile: resolve(base, logFile) }),
    ...(enrolmentSecrets !== undefined && { enrolmentSecrets: resolve(base, enrolmentSecrets) }),
  }
}

function invalid(detail: string, cause?: unknown): SanadError {
  const options = cause === undefined ? undefined : { cause }
  return new SanadError('client.configuration-invalid', detail, options)
}
