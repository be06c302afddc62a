import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Whose work is in the package, and under which terms: ours, Node's, and each npm package in the bundle. */

const OWN = `Sanad is free software under the Mozilla Public License, version 2.0, which is on Debian systems
in /usr/share/common-licenses/MPL-2.0.

Copyright: the authors of Sanad

The program contains Node.js; LICENSE.node.gz beside this file has its terms and those of its parts.
It contains the following packages too.
`

/** @param packages folders of npm packages */
export function makeCopyright(packages: readonly string[]): string {
  return [OWN, ...packages.map(describePackage)].join('\n')
}

function describePackage(folder: string): string {
  const { name, version, license } = readDescription(folder)
  const title = `${name} ${version} (${license})`
  return `${title}\n${'-'.repeat(title.length)}\n\n${readLicence(folder)}\n`
}

interface Description {
  readonly name: string
  readonly version: string
  readonly license: string
}

const readDescription = (folder: string): Description =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Description

function readLicence(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  if (file === undefined) return 'Its package has no text of its licence.'
  return readFileSync(join(folder, file), 'utf8').trim()
}
