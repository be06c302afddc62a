import type { DebianPackage } from './debian-package.ts'
import type { Entry, PackageTree } from './package-tree.ts'

/** What describes a package to dpkg and to people: deb-control(5), and what Debian's policy asks for. */

const MAINTAINER = 'Sanad <sanad@provider.example>'

/** What the program of Node is linked with (glibc of Debian 11 and newer, RHEL 8's age), and what the scripts call. */
const DEPENDS = ['libc6 (>= 2.28)', 'libgcc-s1 (>= 4.0)', 'libstdc++6 (>= 9)', 'adduser']

const DESCRIPTION = `Sanad management client for biometric devices
 Finds the secure biometric interfaces (SBIs) on this computer, registers their
 devices with the management server of their provider and keeps them registered,
 as MOSIP's device specification (0.9.5) asks of a management client.
 .
 It is one program; Node.js need not be installed. It never captures.`

/** deb(5): what is beside the files themselves. Called last, because it counts them. */
export function listControlFiles(wanted: DebianPackage, tree: PackageTree): Entry[] {
  const { scripts } = wanted
  return [
    { path: 'DEBIAN/control', text: makeControl(wanted, tree.kilobytes) },
    { path: 'DEBIAN/md5sums', text: tree.digests },
    { path: 'DEBIAN/conffiles', text: '/etc/sanad/client.yaml\n' },
    ...Object.entries(scripts).map(([name, text]): Entry => ({
      path: `DEBIAN/${name}`,
      text,
      mode: 0o755,
    })),
  ]
}

const makeControl = ({ version, architecture }: DebianPackage, kilobytes: number): string =>
  `Package: sanad-client
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: ${DEPENDS.join(', ')}
Recommends: systemd
Section: admin
Priority: optional
Description: ${DESCRIPTION}
`

/** deb-changelog(5) */
export function makeChangelog({
  version,
  madeAt,
}: Pick<DebianPackage, 'version' | 'madeAt'>): string {
  const date = new Date(madeAt * 1000).toUTCString().replace('GMT', '+0000')
  return `sanad-client (${version}) stable; urgency=medium

  * This version; what changed is in the history of its repository.

 -- ${MAINTAINER}  ${date}
`
}
