import { serve } from '../platform/serve.ts'
import type { Forecaster } from './forecaster.ts'

export const forecastRoutes = ({ forecaster }: { readonly forecaster: Forecaster }) =>
  serve({
    readForecast: ({ query }) => forecaster.read(query),
    askWhatIf: ({ body: { policyId, settings, query } }) =>
      forecaster.askWhatIf({ policyId, settings }, query ?? {}),
  })
