import { readFile } from 'node:fs/promises'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parse } from 'yaml'
import { describeMistake } from '@sanad/command-line/configuration-mistake'
import {
  DEFAULT_POLICY_SETTINGS,
  LONGEST_CERTIFICATE_DAYS,
  type PolicySettings,
} from '@sanad/protocol/operator-api/policies'
import { OPTIONAL_KINDS, type TwoPersonKind } from '@sanad/protocol/domain/proposals'
import { ProxySetting } from '@sanad/outbound/proxy-setting'
import { HSM_EXCEPTIONS } from '@sanad/protocol/domain/hsm-exceptions'
import { SanadError } from '@sanad/protocol/text/problems'

/** The server's configuration: one reviewed YAML file; unknown keys stop the start. No secret stands in it. */

const closed = { additionalProperties: false } as const
const optional = Type.Optional
const Path = Type.String({ minLength: 1 })

export const ServerConfig = Type.Object(
  {
    mode: Type.Enum(['development', 'production']),
    dataDirectory: Path,
    /** Names this server in every message (`aud`, `iss`). Never changes in the life of a fleet. */
    serverId: Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9.-]+$' }),
    /** The provider's name as registered with MOSIP: O of every device certificate. */
    organisation: Type.String({ minLength: 1, maxLength: 64 }),
    listen: Type.Object(
      { host: Type.String(), port: Type.Integer({ minimum: 0, maximum: 65_535 }) },
      closed,
    ),
    tls: Type.Object({ names: Type.Array(Type.String(), { minItems: 1, maxItems: 20 }) }, closed),
    /** Where devices and verifiers find revocation lists; part of every certificate. */
    revocationListUrl: Type.String({ pattern: '^https?://[^/]+.*[^/]$' }),
    /** Default: an embedded PostgreSQL on a Unix socket in the data folder. */
    database: optional(
      Type.Object(
        { urlFile: Path, maxConnections: optional(Type.Integer({ minimum: 2, maximum: 200 })) },
        closed,
      ),
    ),
    hsm: Type.Object(
      {
        /** Absolute path of the vendor’s PKCS#11 library. */
        module: Path,
        tokenLabel: Type.String({ minLength: 1, maxLength: 32 }),
        /** Which of several tokens with this label. */
        tokenSerialNumber: optional(Type.String({ minLength: 1, maxLength: 16 })),
        pinFile: Path,
        sessions: optional(Type.Integer({ minimum: 1, maximum: 64 })),
        /** PN §0: FIPS 140-2 Level 3, or 140-3 Level 3, with the number of the module’s certificate. */
        fipsCertificate: optional(
          Type.Object(
            {
              number: Type.String({ pattern: '^[1-9][0-9]{0,5}$' }),
              standard: Type.Enum(['FIPS 140-2', 'FIPS 140-3']),
              level: Type.Enum([3, 4]),
              moduleName: Type.String({ minLength: 1, maxLength: 128 }),
              firmwareVersion: optional(Type.String({ minLength: 1, maxLength: 64 })),
              checkedOn: optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })),
            },
            closed,
          ),
        ),
        /** What is accepted of a token that cannot show the whole proof of a key: docs/hsm/contract.md. */
        accept: optional(
          Type.Array(Type.Enum(HSM_EXCEPTIONS), { maxItems: HSM_EXCEPTIONS.length }),
        ),
        /** The agent signs no device certificate that lives longer, whatever the server asks for. */
        longestCertificateDays: optional(
          Type.Integer({ minimum: 2, maximum: LONGEST_CERTIFICATE_DAYS }),
        ),
        /** Variables that the library reads, such as SOFTHSM2_CONF; no secrets. */
        environment: optional(Type.Record(Type.String(), Type.String())),
      },
      closed,
    ),
    policy: optional(
      Type.Object(
        {
          /** How far a message's time may be from ours. */
          messageWindowSeconds: optional(Type.Integer({ minimum: 30, maximum: 900 })),
          challengeSeconds: optional(Type.Integer({ minimum: 30, maximum: 3600 })),
          /** MF §1.3, 26: a day at most. */
          checkInSeconds: optional(Type.Integer({ minimum: 5, maximum: 86_400 })),
          rotationDays: optional(Type.Integer({ minimum: 1, maximum: 365 })),
          overlapDays: optional(Type.Integer({ minimum: 1, maximum: 90 })),
        },
        closed,
      ),
    ),
    /** Whether this machine’s clock is kept well enough to be the devices’ only time. */
    time: optional(
      Type.Object(
        {
          /** Production, when left out: yes. */
          mustBeSynchronised: optional(Type.Boolean()),
          largestUncertaintyMs: optional(Type.Integer({ minimum: 10, maximum: 60_000 })),
        },
        closed,
      ),
    ),
    /** Live channels of devices; one process, and one address: behind a proxy all have one. */
    channel: optional(
      Type.Object(
        {
          mostChannels: optional(Type.Integer({ minimum: 1, maximum: 200_000 })),
          mostPerAddress: optional(Type.Integer({ minimum: 1, maximum: 200_000 })),
        },
        closed,
      ),
    ),
    /** The HTTP proxy to the outside, for webhooks and for the revocation lists of FTM providers. */
    proxy: optional(ProxySetting),
    /** Where events are sent to: private networks that are allowed, and whom to trust besides the public ones. */
    webhooks: optional(
      Type.Object(
        {
          allowedNetworks: optional(Type.Array(Type.String({ maxLength: 50 }), { maxItems: 20 })),
          certificateAuthorityFile: optional(Path),
        },
        closed,
      ),
    ),
    /** Operations that two people decide: what a new installation begins with. Later it is changed by two people. */
    twoPersonRules: optional(
      Type.Object(
        {
          /** Production, when left out: all; development: none. */
          initialKinds: optional(
            Type.Array(Type.Enum(OPTIONAL_KINDS), {
              maxItems: OPTIONAL_KINDS.length,
              uniqueItems: true,
            }),
          ),
        },
        closed,
      ),
    ),
    /** The access log of the operators’ door. */
    accessLog: optional(
      Type.Object(
        {
          /** How long an entry is kept; 90 days when left out. */
          retentionDays: optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
        },
        closed,
      ),
    ),
    logLevel: optional(Type.Enum(['debug', 'info', 'warn', 'error'])),
  },
  closed,
)
export type ServerConfig = Static<typeof ServerConfig>

const check = Compile(ServerConfig)

/** @throws SanadError `server.configuration-invalid` naming the place, never the value */
export async function loadConfig(path: string): Promise<ServerConfig> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new SanadError('server.configuration-invalid', `cannot read ${path}`, { cause: error })
  })
  const value = parseYaml(path, text)
  if (check.Check(value)) return requireConsistent(path, value)
  const mistake = describeMistake(ServerConfig, check.Errors(value))
  throw new SanadError('server.configuration-invalid', `${path}: ${mistake}`)
}

/** Certificates that the agent would refuse are better refused at the start. */
function requireConsistent(path: string, config: ServerConfig): ServerConfig {
  const { rotationDays, overlapDays } = readPolicy(config)
  const { longestCertificateDays: longest = LONGEST_CERTIFICATE_DAYS } = config.hsm
  if (rotationDays + overlapDays <= longest) return config
  throw new SanadError(
    'server.configuration-invalid',
    `${path}/hsm/longestCertificateDays: the policy needs ${rotationDays + overlapDays} days`,
  )
}

function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw new SanadError('server.configuration-invalid', `${path} is not YAML`, { cause })
  }
}

export interface Policy {
  /** Milliseconds. */
  readonly messageWindow: number
  /** Milliseconds. */
  readonly challengeLifetime: number
  readonly checkInSeconds: number
  readonly rotationDays: number
  readonly overlapDays: number
}

export function readPolicy({ policy = {} }: Pick<ServerConfig, 'policy'>): Policy {
  return {
    messageWindow: (policy.messageWindowSeconds ?? 300) * 1000,
    challengeLifetime: (policy.challengeSeconds ?? 300) * 1000,
    checkInSeconds: policy.checkInSeconds ?? 86_400,
    // MF §1.4, 32: 30 days by MOSIP's recommendation; the overlap lets a packet uploaded late still verify (MF §6.4).
    rotationDays: policy.rotationDays ?? 30,
    overlapDays: policy.overlapDays ?? 10,
  }
}

/** In production two people decide from the first start on. */
export const initialKindsOf = ({
  mode,
  twoPersonRules,
}: Pick<ServerConfig, 'mode' | 'twoPersonRules'>): readonly TwoPersonKind[] =>
  twoPersonRules?.initialKinds ?? (mode === 'production' ? OPTIONAL_KINDS : [])

/** What the fleet’s policy begins with; from then on it is changed in the portal. */
export const initialPolicyOf = ({
  checkInSeconds,
  rotationDays,
  overlapDays,
}: Policy): PolicySettings => ({
  ...DEFAULT_POLICY_SETTINGS,
  checkInSeconds,
  rotationDays,
  overlapDays,
  maximumCertificateDays: Math.max(
    DEFAULT_POLICY_SETTINGS.maximumCertificateDays,
    rotationDays + overlapDays,
  ),
})

/** Beyond it no time is signed: less than what a device notices, more than any kept clock is off. */
const LARGEST_UNCERTAINTY_MS = 1_000

export function clockPolicyOf({ mode, time = {} }: Pick<ServerConfig, 'mode' | 'time'>): {
  readonly mustBeSynchronised: boolean
  readonly largestUncertaintyMs: number
  readonly assumedUncertaintyMs: number
} {
  const largestUncertaintyMs = time.largestUncertaintyMs ?? LARGEST_UNCERTAINTY_MS
  return {
    mustBeSynchronised: time.mustBeSynchronised ?? mode === 'production',
    largestUncertaintyMs,
    assumedUncertaintyMs: largestUncertaintyMs,
  }
}
