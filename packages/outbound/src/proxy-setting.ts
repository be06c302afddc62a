import Type, { type Static } from 'typebox'

/** How a program is told of the HTTP proxy of its network: the same words in client.yaml and in server.yaml. */

const closed = { additionalProperties: false } as const
const optional = Type.Optional

/** Tells the program to read `HTTPS_PROXY` and `NO_PROXY`; without it, the environment is never read. */
export const FROM_ENVIRONMENT = 'from-environment'

/** More is no list that a person keeps. */
const MOST_EXCEPTIONS = 256

const ProxyDetails = Type.Object(
  {
    /** `http://host:port`; `https://host:port` for a proxy that itself speaks TLS. */
    address: Type.String({ minLength: 1, maxLength: 1024 }),
    /** A file with one line, `user:password`, that no other account can read. */
    accountFile: optional(Type.String({ minLength: 1, maxLength: 1024 })),
    /** PEM: trusted besides the public authorities, for an `https://` proxy. */
    certificateAuthorityFile: optional(Type.String({ minLength: 1, maxLength: 1024 })),
    /** Reached directly: `host`, `.suffix`, `*.suffix`, `10.0.0.0/8`, `fd00::/8`, or `*`. */
    exceptions: optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: MOST_EXCEPTIONS }),
    ),
  },
  closed,
)
export type ProxyDetails = Static<typeof ProxyDetails>

/** Short form: the address alone, or {@link FROM_ENVIRONMENT}. */
export const ProxySetting = Type.Union([
  Type.String({ minLength: 1, maxLength: 1024 }),
  ProxyDetails,
])
export type ProxySetting = Static<typeof ProxySetting>

/** Resolves the paths in a setting against the folder of its configuration file. */
export function resolveProxyPaths(
  setting: ProxySetting,
  resolve: (path: string) => string,
): ProxySetting {
  if (typeof setting === 'string') return setting
  const { accountFile, certificateAuthorityFile } = setting
  return {
    ...setting,
    ...(accountFile !== undefined && { accountFile: resolve(accountFile) }),
    ...(certificateAuthorityFile !== undefined && {
      certificateAuthorityFile: resolve(certificateAuthorityFile),
    }),
  }
}
