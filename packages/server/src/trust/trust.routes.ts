import { serve } from '../platform/serve.ts'
import { type TrustParts, describeTrust } from './describe-trust.ts'

export const trustRoutes = (parts: TrustParts) => serve({ readTrust: () => describeTrust(parts) })
