import { OPERATOR_API, OPERATOR_ROUTES } from '@sanad/protocol/operator-api/routes'
import type { RouteAccess } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import type { RouteOptions } from 'fastify'

/** The routes that a server has, held against the table of those that it must have. */
export class RouteTable {
  readonly #found = new Map<string, RouteAccess | undefined>()

  note({ method, url, config }: Pick<RouteOptions, 'method' | 'url' | 'config'>): void {
    for (const verb of [method].flat())
      // Comes with every GET.
      if (verb !== 'HEAD')
        this.#found.set(`${verb} ${url.slice(OPERATOR_API.length)}`, config?.access)
  }

  /** @throws SanadError `server.configuration-invalid` naming the first route that is missing, or of no row */
  requireWhole(): void {
    const wanted = new Map<string, RouteAccess>(
      Object.values(OPERATOR_ROUTES).map(({ route, access }) => [route, access]),
    )
    for (const [route, access] of wanted)
      if (this.#found.get(route) !== access) throw notOfTheTable(route)
    for (const route of this.#found.keys()) if (!wanted.has(route)) throw notOfTheTable(route)
  }
}

const notOfTheTable = (route: string): SanadError =>
  new SanadError('server.configuration-invalid', `${route} is not as the table of routes says`)
