import { Forecast, ForecastQuery, WhatIfBody } from '@sanad/protocol/operator-api/keys'
import type { HttpApp } from '../platform/http.ts'
import type { Forecaster } from './forecaster.ts'

export interface ForecastRoutesOptions {
  readonly forecaster: Forecaster
}

export function forecastRoutes({ forecaster }: ForecastRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/forecast',
      {
        config: { access: 'key:read' },
        schema: {
          operationId: 'readForecast',
          querystring: ForecastQuery,
          response: { 200: Forecast },
        },
      },
      (request) => forecaster.read(request.query),
    )

    app.post(
      '/forecast/what-if',
      {
        config: { access: 'key:read' },
        schema: { operationId: 'askWhatIf', body: WhatIfBody, response: { 200: Forecast } },
      },
      ({ body: { policyId, settings, query } }) =>
        forecaster.askWhatIf({ policyId, settings }, query ?? {}),
    )
  }
}
