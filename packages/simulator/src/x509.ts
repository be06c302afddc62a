/** The certificate library together with what it must find loaded before it: import it from here only. */
import 'reflect-metadata'

export * from '@peculiar/x509'
